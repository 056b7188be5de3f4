//! The audit log: contract §6, the types as it lists them, one entry in each organization.

use tokenward_core::{
    Actor, Change, Command, Plan, RepositoryPatch, Role, TokenKind, TokenPolicy, UserPatch,
    Visibility,
};

use crate::build::*;
use crate::host::Host;

const ON_ACME: &[(&str, &[&str])] = &[("org:acme", READ)];
const ON_BOTH: &[(&str, &[&str])] = &[("org:acme", READ), ("org:beta", READ)];

/// acme, and beta with bob as administrator.
fn two() -> Host {
    let mut host = acme();
    host.must(
        &root(),
        &Command::CreateOrganization {
            name: name("beta"),
            plan: Plan::Enterprise,
            policy: TokenPolicy::Default,
        },
    );
    host.must(
        &root(),
        &Command::PutMember {
            org: name("beta"),
            user: name("bob"),
            role: Role::Admin,
            groups: None,
        },
    );
    host
}

/// Carries a command out, and checks that it is one entry in acme's log, of this type.
#[track_caller]
fn logs(host: &mut Host, actor: &Actor, command: &Command, expected: &'static str) -> Change {
    let generation = host.generation(ACME);
    let change = host.must(actor, command);
    assert_eq!(logged(&change), [(ACME, expected)]);
    assert_eq!(host.generation(ACME), generation + 1);
    let entry = &change.entries[0];
    assert_eq!(entry.generation, generation + 1);
    assert_eq!((&entry.actor, entry.at), (actor, host.now));
    change
}

#[test]
fn decisions_are_logged() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let id = host.fine_grained("bob", ON_ACME);
    for (command, expected) in [
        (approve(id), "org.token_approval.authorized"),
        (deny(id), "org.token_approval.denied"),
        (revoke(id), "org.token_approval.revoked"),
    ] {
        let change = logs(&mut host, &session("ada"), &command, expected);
        assert_eq!(change.entries[0].data["token"], id.to_string());
    }
}

#[test]
fn policies_are_logged_by_what_becomes_of_approval() {
    use TokenPolicy::{Default, FineGrainedOnly, RequireApproval};
    let mut host = acme();
    for (policy, expected) in [
        (FineGrainedOnly, "org.token_policy.update"),
        (Default, "org.token_policy.update"),
        (RequireApproval, "org.token_approval.enabled"),
        (Default, "org.token_approval.disabled"),
        (RequireApproval, "org.token_approval.enabled"),
        (FineGrainedOnly, "org.token_approval.disabled"),
        (RequireApproval, "org.token_approval.enabled"),
    ] {
        logs(&mut host, &session("ada"), &set_policy(policy), expected);
    }
}

#[test]
fn a_token_that_waits_is_logged_as_a_request() {
    let request = "org.token_approval.authorization_request";
    for policy in TokenPolicy::ALL {
        let mut host = acme();
        host.set_policy(policy);
        let new = host.new_token("bob", TokenKind::FineGrained, Some(grants(ON_ACME)));
        let made = Command::CreateToken(new.clone());
        logs(&mut host, &session("bob"), &made, request);
        let wider = regrant(new.id, &[("org:acme", WRITE)]);
        logs(&mut host, &session("bob"), &wider, request);
        host.must(&session("bob"), &regrant(new.id, &[]));
    }
}

#[test]
fn a_token_made_and_approved_at_once_is_logged_as_made_and_as_a_request_when_widened() {
    let mut host = acme();
    let new = host.new_token("ada", TokenKind::FineGrained, Some(grants(ON_ACME)));
    let made = Command::CreateToken(new.clone());
    logs(&mut host, &session("ada"), &made, "org.token.create");
    let wider = regrant(new.id, &[("org:acme", WRITE)]);
    let request = "org.token_approval.authorization_request";
    logs(&mut host, &session("ada"), &wider, request);
}

#[test]
fn an_unscoped_token_is_logged_as_made() {
    for kind in [TokenKind::Read, TokenKind::Write] {
        let mut host = acme();
        let made = Command::CreateToken(host.new_token("bob", kind, None));
        logs(&mut host, &session("bob"), &made, "org.token.create");
    }
}

#[test]
fn what_owners_do_to_their_tokens_is_logged() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ), ("model:acme/bert", READ)]);
    let bob = session("bob");
    logs(&mut host, &bob, &regrant(id, ON_ACME), "org.token.update");
    let sooner = expire(id, Some(host.now.plus_days(3)));
    logs(&mut host, &bob, &sooner, "org.token.update");
    logs(
        &mut host,
        &bob,
        &rotate(id, "new value"),
        "org.token.rotate",
    );
    logs(&mut host, &bob, &regrant(id, &[]), "org.token.update");
    host.must(&bob, &regrant(id, ON_ACME));
    let change = logs(&mut host, &bob, &delete(id), "org.token.delete");
    assert_eq!(change.entries[0].data["token"], id.to_string());
}

#[test]
fn a_rename_is_not_logged() {
    let mut host = acme();
    let id = host.fine_grained("bob", ON_ACME);
    let generation = host.generation(ACME);
    let change = host.must(&session("bob"), &rename(id, "another name"));
    assert!(!change.is_empty() && change.entries.is_empty());
    assert_eq!(host.generation(ACME), generation);
}

#[test]
fn a_token_that_names_several_organizations_is_logged_in_each() {
    let mut host = two();
    let request = "org.token_approval.authorization_request";
    let new = host.new_token("bob", TokenKind::FineGrained, Some(grants(ON_BOTH)));
    let bob = session("bob");
    let change = host.must(&bob, &Command::CreateToken(new.clone()));
    assert_eq!(
        logged(&change),
        [(ACME, request), ("beta", "org.token.create")]
    );
    let change = host.must(&bob, &rotate(new.id, "new value"));
    let rotated = "org.token.rotate";
    assert_eq!(logged(&change), [(ACME, rotated), ("beta", rotated)]);
    let sooner = expire(new.id, Some(host.now.plus_days(3)));
    let change = host.must(&bob, &sooner);
    let narrowed = "org.token.update";
    assert_eq!(logged(&change), [(ACME, narrowed), ("beta", narrowed)]);
    let change = host.must(&bob, &delete(new.id));
    let deleted = "org.token.delete";
    assert_eq!(logged(&change), [(ACME, deleted), ("beta", deleted)]);
}

#[test]
fn an_unscoped_token_is_logged_in_every_organization_of_its_owner() {
    let mut host = two();
    let made = Command::CreateToken(host.new_token("bob", TokenKind::Write, None));
    let change = host.must(&session("bob"), &made);
    let made = "org.token.create";
    assert_eq!(logged(&change), [(ACME, made), ("beta", made)]);
}

#[test]
fn a_token_that_names_no_organization_is_logged_nowhere() {
    let mut host = two();
    let new = host.new_token(
        "bob",
        TokenKind::FineGrained,
        Some(grants(&[("user:bob", WRITE)])),
    );
    let change = host.must(&session("bob"), &Command::CreateToken(new.clone()));
    assert!(change.entries.is_empty());
    assert!(
        host.must(&session("bob"), &rotate(new.id, "x"))
            .entries
            .is_empty()
    );
    assert!(
        host.must(&session("bob"), &delete(new.id))
            .entries
            .is_empty()
    );
}

#[test]
fn the_plan_is_logged() {
    let mut host = acme();
    logs(&mut host, &root(), &set_plan(Plan::Plus), "org.update_plan");
}

#[test]
fn members_are_logged() {
    let mut host = acme();
    logs(
        &mut host,
        &root(),
        &put_member("eve", Role::Read),
        "org.add_user",
    );
    let ada = session("ada");
    logs(
        &mut host,
        &ada,
        &put_member("eve", Role::Write),
        "org.change_role",
    );
    logs(&mut host, &ada, &remove_member("eve"), "org.remove_user");
}

#[test]
fn a_member_who_leaves_groups_and_loses_approvals_is_one_entry() {
    let mut host = acme();
    host.must(&root(), &put_group("lab", &[("bob", Role::Read)]));
    host.fine_grained("bob", ON_ACME);
    host.fine_grained("bob", ON_ACME);
    logs(
        &mut host,
        &session("ada"),
        &remove_member("bob"),
        "org.remove_user",
    );
}

#[test]
fn groups_are_logged() {
    let mut host = acme();
    let ada = session("ada");
    logs(
        &mut host,
        &ada,
        &put_group("lab", &[]),
        "resource_group.create",
    );
    let member = put_group("lab", &[("bob", Role::Read)]);
    logs(&mut host, &ada, &member, "resource_group.update");
    logs(
        &mut host,
        &ada,
        &delete_group("lab"),
        "resource_group.delete",
    );
}

#[test]
fn repositories_are_logged() {
    let mut host = acme();
    let ada = session("ada");
    host.must(&ada, &put_group("lab", &[]));
    let listed = "model:acme/new";
    let made = list(listed, RepositoryPatch::default());
    logs(&mut host, &ada, &made, "repo.create");
    let public = RepositoryPatch {
        visibility: Some(Visibility::Public),
        ..RepositoryPatch::default()
    };
    logs(
        &mut host,
        &ada,
        &list(listed, public),
        "repo.update_settings",
    );
    let moved = into_group(listed, "lab");
    logs(&mut host, &ada, &moved, "repo.update_resource_group");
    host.fine_grained("ada", &[(listed, READ)]);
    logs(&mut host, &ada, &delist(listed), "repo.delete");
}

#[test]
fn a_suspension_is_logged_in_every_organization_of_the_user() {
    let mut host = two();
    let suspend = |suspended| Command::UpdateUser {
        name: name("bob"),
        patch: UserPatch {
            suspended: Some(suspended),
            ..UserPatch::default()
        },
    };
    let change = host.must(&root(), &suspend(true));
    let orgs: Vec<&str> = logged(&change).into_iter().map(|(org, _)| org).collect();
    assert_eq!(orgs, [ACME, "beta"]);
    host.finds_nothing_to_do(&root(), &suspend(true));
}

#[test]
fn the_entry_names_the_credential_and_not_its_subject() {
    let mut host = acme();
    let own = host.unscoped("ada", TokenKind::Write);
    let subject = host.fine_grained("bob", ON_ACME);
    let caller = host.with(own);
    let change = logs(
        &mut host,
        &caller,
        &revoke(subject),
        "org.token_approval.revoked",
    );
    let entry = &change.entries[0];
    assert_eq!(entry.actor.token().map(|token| token.id), Some(own));
    assert_eq!(entry.data["token"], subject.to_string());
}

#[test]
fn the_command_line_has_no_user() {
    let mut host = acme();
    let command = set_policy(TokenPolicy::FineGrainedOnly);
    let change = logs(
        &mut host,
        &Actor::COMMAND_LINE,
        &command,
        "org.token_policy.update",
    );
    assert_eq!(change.entries[0].actor.user, None);
}

#[test]
fn the_log_numbers_every_generation_from_the_first_on() {
    let host = two();
    for (org, log) in &host.entries {
        let numbers: Vec<u64> = log.iter().map(|entry| entry.generation).collect();
        let expected: Vec<u64> = (1..=host.generation(org.as_str())).collect();
        assert_eq!(numbers, expected);
    }
}
