//! Contract §2: what a token can name, and what it can be called.

use tokenward_core::{Command, NewToken, Role, TokenKind};

use crate::build::*;
use crate::host::Host;

fn naming(host: &Host, owner: &str, entity: &str) -> Command {
    let fine_grained = Some(grants(&[(entity, READ)]));
    Command::CreateToken(host.new_token(owner, TokenKind::FineGrained, fine_grained))
}

#[track_caller]
fn can_name(host: &mut Host, owner: &str, entity: &str) {
    let command = naming(host, owner, entity);
    host.must(&session(owner), &command);
}

#[track_caller]
fn cannot_name(host: &mut Host, owner: &str, entity: &str) {
    let command = naming(host, owner, entity);
    let refusal = host.refusal(&session(owner), &command);
    assert_eq!(refusal, (403, "token_scope"), "{owner} {entity}");
    let id = host.fine_grained(owner, &[]);
    let command = regrant(id, &[(entity, READ)]);
    assert_eq!(host.refusal(&session(owner), &command), refusal);
}

#[test]
fn a_token_names_its_owner_and_the_owners_repositories() {
    let mut host = acme();
    can_name(&mut host, "bob", "user:bob");
    can_name(&mut host, "bob", "model:bob/anything");
    cannot_name(&mut host, "bob", "user:ada");
    cannot_name(&mut host, "bob", "model:ada/anything");
    cannot_name(&mut host, "bob", "org:bob");
}

#[test]
fn a_token_names_organizations_that_its_owner_belongs_to() {
    let mut host = acme();
    can_name(&mut host, "bob", "org:acme");
    can_name(&mut host, "cyd", "model:acme/bert");
    cannot_name(&mut host, "eve", "org:acme");
    cannot_name(&mut host, "eve", "model:acme/bert");
    cannot_name(&mut host, "eve", "model:acme/open");
    cannot_name(&mut host, "bob", "org:nowhere");
    cannot_name(&mut host, "bob", "model:nowhere/x");
    cannot_name(&mut host, "bob", "user:acme");
}

#[test]
fn a_member_without_access_belongs_through_a_group_only() {
    let mut host = acme();
    host.must(&root(), &put_member("eve", Role::NoAccess));
    cannot_name(&mut host, "eve", "org:acme");
    host.must(&root(), &put_group("lab", &[("eve", Role::NoAccess)]));
    cannot_name(&mut host, "eve", "org:acme");
    host.must(&root(), &put_group("lab", &[("eve", Role::Read)]));
    can_name(&mut host, "eve", "org:acme");
}

#[test]
fn a_token_does_not_name_repositories_that_are_hidden_from_its_owner() {
    let mut host = acme();
    can_name(&mut host, "bob", "model:acme/new");
    host.must(&root(), &put_group("lab", &[("cyd", Role::Read)]));
    host.must(&root(), &into_group("model:acme/bert", "lab"));
    cannot_name(&mut host, "bob", "model:acme/bert");
    cannot_name(&mut host, "bob", "model:acme/new");
    can_name(&mut host, "bob", "model:acme/gpt");
    can_name(&mut host, "cyd", "model:acme/bert");
    can_name(&mut host, "ada", "model:acme/bert");
    can_name(&mut host, "ada", "model:acme/new");
}

#[test]
fn a_name_that_differs_only_in_case_is_hidden_from_everybody() {
    let mut host = acme();
    cannot_name(&mut host, "ada", "model:acme/Bert");
    cannot_name(&mut host, "bob", "org:Acme");
}

#[test]
fn unknown_hidden_and_foreign_names_get_the_same_answer() {
    let mut host = acme();
    host.must(&root(), &put_group("lab", &[]));
    host.must(&root(), &into_group("model:acme/bert", "lab"));
    let mut answers = Vec::new();
    for entity in [
        "model:acme/bert",
        "model:acme/new",
        "org:nowhere",
        "user:ada",
    ] {
        let command = naming(&host, "bob", entity);
        answers.push(
            host.run(&session("bob"), &command)
                .expect_err("it is refused"),
        );
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[test]
fn unknown_permissions_and_entity_types_are_kept() {
    let mut host = acme();
    let scoped: &[(&str, &[&str])] = &[("org:acme", &["repo.fly"]), ("planet:mars", READ)];
    let id = host.fine_grained("bob", scoped);
    assert_eq!(host.rows.tokens[&id].fine_grained, Some(grants(scoped)));
}

#[test]
fn two_grants_on_one_entity_are_refused() {
    let mut host = acme();
    let twice = Some(grants(&[("org:acme", READ), ("org:acme", WRITE)]));
    let command = Command::CreateToken(host.new_token("bob", TokenKind::FineGrained, twice));
    assert_eq!(host.refusal(&session("bob"), &command).0, 400);
}

#[test]
fn what_a_token_is_called_is_unique_per_owner() {
    let mut host = acme();
    let called = |host: &Host, owner: &str| NewToken {
        display_name: tokenward_core::DisplayName::parse("laptop").expect("it is a title"),
        ..host.new_token(owner, TokenKind::Read, None)
    };
    let first = called(&host, "bob");
    host.must(&session("bob"), &Command::CreateToken(first.clone()));
    let second = Command::CreateToken(called(&host, "bob"));
    assert_eq!(
        host.refusal(&session("bob"), &second),
        (409, "display_name")
    );
    let cyds = Command::CreateToken(called(&host, "cyd"));
    host.must(&session("cyd"), &cyds);
    let other = host.unscoped("bob", TokenKind::Read);
    let taken = host.refusal(&session("bob"), &rename(other, "laptop"));
    assert_eq!(taken, (409, "display_name"));
    host.finds_nothing_to_do(&session("bob"), &rename(first.id, "laptop"));
    host.must(&session("bob"), &delete(first.id));
    host.must(&session("bob"), &rename(other, "laptop"));
}

#[test]
fn a_new_display_name_holds_no_token() {
    let mut host = acme();
    let bobs = host.unscoped("bob", TokenKind::Read);
    let pasted = "my hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";
    let new = NewToken {
        display_name: tokenward_core::DisplayName::parse(pasted).expect("stored ones are read"),
        ..host.new_token("bob", TokenKind::Read, None)
    };
    for command in [Command::CreateToken(new), rename(bobs, pasted)] {
        assert_eq!(host.refusal(&session("bob"), &command).0, 400);
    }
}
