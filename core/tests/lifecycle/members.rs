//! Members come, change and leave: contract §6, the row "member removed", and §7.

use tokenward_core::AuthorizationStatus::{Approved, Pending};
use tokenward_core::{Command, Reason, Role, TokenPolicy};

use crate::build::*;
use crate::host::Host;

fn with_groups(user: &str, role: Role, groups: &[(&str, Role)]) -> Command {
    let groups = groups.iter().map(|(text, role)| (group(text), *role));
    Command::PutMember {
        org: name(ACME),
        user: name(user),
        role,
        groups: Some(groups.collect()),
    }
}

fn in_group(host: &Host, text: &str) -> Vec<(String, Role)> {
    let members = &host.rows.groups[&(name(ACME), group(text))];
    let plain = members
        .iter()
        .map(|member| (member.user.to_string(), member.role));
    plain.collect()
}

#[test]
fn a_removed_member_leaves_all_groups() {
    let mut host = acme();
    host.must(
        &session("ada"),
        &put_group("lab", &[("bob", Role::Write), ("cyd", Role::Read)]),
    );
    host.must(&session("ada"), &put_group("den", &[("bob", Role::Admin)]));
    host.must(&session("ada"), &remove_member("bob"));
    assert_eq!(in_group(&host, "lab"), [("cyd".to_owned(), Role::Read)]);
    assert_eq!(in_group(&host, "den"), []);
    assert_eq!(host.world.role(ACME, "bob"), None);
}

#[test]
fn a_removed_members_authorizations_become_null() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let mut tokens = Vec::new();
    for decide in [approve, deny, approve] {
        let id = host.fine_grained("bob", &[("org:acme", READ)]);
        host.must(&session("ada"), &decide(id));
        tokens.push(id);
    }
    host.must(&session("bob"), &regrant(tokens[2], &[]));
    tokens.push(host.fine_grained("bob", &[("org:acme", READ)]));
    host.must(&session("ada"), &remove_member("bob"));
    for id in tokens {
        assert_eq!(host.standing(id, ACME).authorization, None);
    }
}

#[test]
fn other_members_and_other_organizations_keep_their_authorizations() {
    let mut host = acme();
    let beta = Command::CreateOrganization {
        name: name("beta"),
        plan: tokenward_core::Plan::Enterprise,
        policy: TokenPolicy::Default,
    };
    host.must(&root(), &beta);
    host.must(
        &root(),
        &Command::PutMember {
            org: name("beta"),
            user: name("bob"),
            role: Role::Admin,
            groups: None,
        },
    );
    let elsewhere = host.fine_grained("bob", &[("org:acme", READ), ("org:beta", READ)]);
    let cyds = host.fine_grained("cyd", &[("org:acme", READ)]);
    host.must(&session("ada"), &remove_member("bob"));
    let status = host.standing(elsewhere, "beta").authorization;
    assert_eq!(status.map(|decided| decided.status), Some(Approved));
    assert_eq!(host.status(elsewhere), None);
    assert_eq!(host.status(cyds), Some(Pending));
}

#[test]
fn a_member_who_comes_back_finds_no_approval() {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&session("ada"), &approve(id));
    host.must(&session("ada"), &remove_member("bob"));
    let says = |host: &Host| host.says(id, "repo.content.read", "model:acme/bert");
    assert_eq!(says(&host), Reason::NotFound);
    host.must(&root(), &put_member("bob", Role::Write));
    assert_eq!(says(&host), Reason::TokenPending);
}

#[test]
fn the_last_administrator_is_neither_removed_nor_demoted() {
    let mut host = acme();
    let last = (409, "last_admin");
    assert_eq!(host.refusal(&session("ada"), &remove_member("ada")), last);
    for role in [Role::NoAccess, Role::Read, Role::Contributor, Role::Write] {
        assert_eq!(
            host.refusal(&session("ada"), &put_member("ada", role)),
            last
        );
    }
    host.must(&root(), &put_member("bob", Role::Admin));
    host.must(&session("ada"), &put_member("ada", Role::Read));
    assert_eq!(host.refusal(&root(), &remove_member("bob")), last);
    host.must(&root(), &put_member("cyd", Role::Admin));
    host.must(&root(), &remove_member("bob"));
}

#[test]
fn a_demotion_keeps_approvals() {
    let mut host = acme();
    host.must(&root(), &put_member("bob", Role::Admin));
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&root(), &put_member("bob", Role::Read));
    assert_eq!(host.status(id), Some(Approved));
}

#[test]
fn groups_that_are_left_out_stay() {
    let mut host = acme();
    host.must(&session("ada"), &put_group("lab", &[("bob", Role::Write)]));
    host.must(&session("ada"), &put_member("bob", Role::Read));
    assert_eq!(in_group(&host, "lab"), [("bob".to_owned(), Role::Write)]);
}

#[test]
fn groups_that_are_named_replace_all_others_of_the_member() {
    let mut host = acme();
    let lab = put_group("lab", &[("bob", Role::Write), ("cyd", Role::Read)]);
    host.must(&session("ada"), &lab);
    host.must(&session("ada"), &put_group("den", &[]));
    host.must(
        &session("ada"),
        &with_groups("bob", Role::Contributor, &[("den", Role::Read)]),
    );
    assert_eq!(in_group(&host, "lab"), [("cyd".to_owned(), Role::Read)]);
    assert_eq!(in_group(&host, "den"), [("bob".to_owned(), Role::Read)]);
    host.must(&session("ada"), &with_groups("bob", Role::Contributor, &[]));
    assert_eq!(in_group(&host, "den"), []);
}

#[test]
fn a_new_member_can_enter_groups_at_once() {
    let mut host = acme();
    host.must(&session("ada"), &put_group("lab", &[]));
    host.must(
        &root(),
        &with_groups("eve", Role::NoAccess, &[("lab", Role::Read)]),
    );
    assert_eq!(in_group(&host, "lab"), [("eve".to_owned(), Role::Read)]);
    assert_eq!(host.world.role(ACME, "eve"), Some(Role::NoAccess));
}

#[test]
fn groups_that_do_not_exist_or_are_named_twice_are_refused() {
    let mut host = acme();
    let nowhere = with_groups("bob", Role::Read, &[("lab", Role::Read)]);
    assert_eq!(host.refusal(&session("ada"), &nowhere).0, 404);
    host.must(&session("ada"), &put_group("lab", &[]));
    let twice = with_groups(
        "bob",
        Role::Read,
        &[("lab", Role::Read), ("lab", Role::Write)],
    );
    assert_eq!(host.refusal(&session("ada"), &twice).0, 400);
}

#[test]
fn nobody_unknown_becomes_a_member_and_no_stranger_is_removed() {
    let mut host = acme();
    assert_eq!(
        host.refusal(&root(), &put_member("nobody", Role::Read)).0,
        404
    );
    assert_eq!(host.refusal(&root(), &remove_member("eve")).0, 404);
}

#[test]
fn repeating_a_role_changes_nothing() {
    let mut host = acme();
    host.must(&session("ada"), &put_group("lab", &[("bob", Role::Write)]));
    host.finds_nothing_to_do(&session("ada"), &put_member("bob", Role::Contributor));
    let same = with_groups("bob", Role::Contributor, &[("lab", Role::Write)]);
    host.finds_nothing_to_do(&session("ada"), &same);
}
