//! Listed repositories: contract §7.

use tokenward_core::{Reason, Repository, RepositoryPatch, Visibility};

use crate::build::*;
use crate::host::Host;

const BERT: &str = "model:acme/bert";

fn row(host: &Host, resource: &str) -> Repository {
    host.rows.repositories[&repo(resource)].clone()
}

fn patch() -> RepositoryPatch {
    RepositoryPatch::default()
}

fn let_in(users: &[&str]) -> RepositoryPatch {
    RepositoryPatch {
        gated_users: Some(users.iter().map(|user| name(user)).collect()),
        ..patch()
    }
}

#[test]
fn a_repository_is_private_in_no_group_and_not_gated_unless_said_otherwise() {
    let mut host = acme();
    host.must(&root(), &list("space:acme/demo", patch()));
    let plain = Repository::new(&repo("space:acme/demo"));
    assert_eq!(row(&host, "space:acme/demo"), plain);
    assert_eq!(plain.visibility, Visibility::Private);
    assert!(!plain.gated && plain.resource_group.is_none() && plain.created_by.is_none());
}

#[test]
fn absent_fields_stay() {
    let mut host = acme();
    host.must(&root(), &put_group("lab", &[]));
    let full = RepositoryPatch {
        visibility: Some(Visibility::Public),
        gated: Some(true),
        gated_users: Some(vec![name("eve")]),
        resource_group: Some(Some(group("lab"))),
        created_by: Some(Some(name("bob"))),
    };
    host.must(&root(), &list(BERT, full));
    let before = row(&host, BERT);
    let private = RepositoryPatch {
        visibility: Some(Visibility::Private),
        ..patch()
    };
    host.must(&root(), &list(BERT, private));
    let after = Repository {
        visibility: Visibility::Private,
        ..before
    };
    assert_eq!(row(&host, BERT), after);
    let cleared = RepositoryPatch {
        resource_group: Some(None),
        created_by: Some(None),
        ..patch()
    };
    host.must(&root(), &list(BERT, cleared));
    assert_eq!(row(&host, BERT).resource_group, None);
    assert_eq!(row(&host, BERT).created_by, None);
}

#[test]
fn unknown_names_in_gated_users_are_taken_silently() {
    let mut host = acme();
    host.must(&root(), &list(BERT, let_in(&["nobody-yet", "eve"])));
    assert_eq!(
        row(&host, BERT).gated_users,
        [name("eve"), name("nobody-yet")]
    );
}

#[test]
fn gated_users_that_differ_only_in_case_are_refused() {
    let mut host = acme();
    let command = list(BERT, let_in(&["eve", "Eve"]));
    assert_eq!(host.refusal(&root(), &command).0, 400);
}

#[test]
fn a_gate_opens_to_the_person_who_is_let_in() {
    let mut host = acme();
    let gated = RepositoryPatch {
        visibility: Some(Visibility::Public),
        gated: Some(true),
        ..patch()
    };
    host.must(&root(), &list(BERT, gated));
    let id = host.unscoped("eve", tokenward_core::TokenKind::Read);
    let says = |host: &Host| host.says(id, "repo.content.read", BERT);
    assert_eq!(says(&host), Reason::GatedUser);
    host.must(&root(), &list(BERT, let_in(&["eve"])));
    assert_eq!(says(&host), Reason::Granted);
}

#[test]
fn a_resource_outside_an_organization_is_not_found() {
    let mut host = acme();
    for resource in ["model:nowhere/x", "model:bob/x"] {
        assert_eq!(host.refusal(&root(), &list(resource, patch())).0, 404);
        assert_eq!(host.refusal(&root(), &delist(resource)).0, 404);
    }
}

#[test]
fn only_repositories_are_listed() {
    let mut host = acme();
    assert_eq!(host.refusal(&root(), &list("org:acme", patch())).0, 400);
    assert_eq!(host.refusal(&root(), &delist("org:acme")).0, 400);
}

#[test]
fn a_group_that_does_not_exist_takes_no_repository() {
    let mut host = acme();
    assert_eq!(host.refusal(&root(), &into_group(BERT, "lab")).0, 404);
}

#[test]
fn no_two_repositories_of_a_type_differ_only_in_case() {
    let mut host = acme();
    let other = host.refusal(&root(), &list("model:acme/Bert", patch()));
    assert_eq!(other, (409, "name_taken"));
    host.must(&root(), &list("dataset:acme/Bert", patch()));
}

#[test]
fn repeating_a_listing_changes_nothing() {
    let mut host = acme();
    host.must(&root(), &list(BERT, let_in(&["eve", "bob"])));
    host.finds_nothing_to_do(&root(), &list(BERT, patch()));
    host.finds_nothing_to_do(&root(), &list(BERT, let_in(&["bob", "eve", "eve"])));
}

#[test]
fn an_unlisted_repository_is_not_deleted() {
    let mut host = acme();
    assert_eq!(host.refusal(&root(), &delist("model:acme/new")).0, 404);
    assert_eq!(host.refusal(&root(), &delist("model:acme/Bert")).0, 404);
}

#[test]
fn deleting_a_repository_removes_the_grants_on_it() {
    let mut host = acme();
    let both = host.fine_grained("bob", &[(BERT, READ), ("model:acme/gpt", READ)]);
    let alone = host.fine_grained("cyd", &[(BERT, READ)]);
    let other = host.fine_grained("cyd", &[("dataset:acme/bert", READ)]);
    host.must(&root(), &delist(BERT));
    let left = |id| host.rows.tokens[&id].fine_grained.clone();
    assert_eq!(left(both), Some(grants(&[("model:acme/gpt", READ)])));
    assert_eq!(left(alone), Some(grants(&[])));
    assert_eq!(left(other), Some(grants(&[("dataset:acme/bert", READ)])));
}

#[test]
fn a_grant_does_not_come_back_with_a_repository_of_the_same_name() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[(BERT, READ), ("org:acme", &[])]);
    host.must(&root(), &delist(BERT));
    host.must(&root(), &list(BERT, patch()));
    assert_eq!(host.says(id, "repo.content.read", BERT), Reason::TokenScope);
}

#[test]
fn an_authorization_outlives_the_grant_on_a_deleted_repository() {
    let mut host = acme();
    host.set_policy(tokenward_core::TokenPolicy::RequireApproval);
    let id = host.fine_grained("bob", &[(BERT, READ)]);
    host.must(&session("ada"), &approve(id));
    let before = host.standing(id, ACME);
    host.must(&root(), &delist(BERT));
    assert_eq!(host.standing(id, ACME), before);
}

#[test]
fn a_token_that_reaches_further_without_a_deleted_repository_waits_again() {
    let mut host = acme();
    host.set_policy(tokenward_core::TokenPolicy::RequireApproval);
    let shut_out = host.fine_grained("cyd", &[("org:acme", WRITE), (BERT, &[])]);
    host.must(&session("ada"), &approve(shut_out));
    let change = host.must(&root(), &delist(BERT));
    assert_eq!(
        host.says(shut_out, "repo.write", BERT),
        Reason::TokenPending
    );
    assert_eq!(logged(&change), [("acme", "repo.delete")]);
    let ids = &change.entries[0].data["tokens"];
    assert_eq!(*ids, serde_json::json!([shut_out.to_string()]));
}
