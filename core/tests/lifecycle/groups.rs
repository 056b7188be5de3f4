//! Resource groups: contract §7, and what §3.1 demands of an organization with groups.

use tokenward_core::{Reason, Role};

use crate::build::*;

#[test]
fn a_group_is_made_changed_and_deleted() {
    let mut host = acme();
    host.must(&session("ada"), &put_group("lab", &[]));
    host.must(&session("ada"), &put_group("lab", &[("bob", Role::Write)]));
    assert_eq!(host.world.groups(ACME)[0].1[0].user, name("bob"));
    host.must(&session("ada"), &delete_group("lab"));
    assert!(host.world.groups(ACME).is_empty());
    assert_eq!(host.refusal(&session("ada"), &delete_group("lab")).0, 404);
}

#[test]
fn a_group_in_use_is_not_deleted() {
    let mut host = acme();
    host.must(&session("ada"), &put_group("lab", &[]));
    host.must(&session("ada"), &into_group("model:acme/bert", "lab"));
    let in_use = host.refusal(&session("ada"), &delete_group("lab"));
    assert_eq!(in_use, (409, "in_use"));
    host.must(&session("ada"), &delist("model:acme/bert"));
    host.must(&session("ada"), &delete_group("lab"));
}

#[test]
fn a_group_member_is_a_member_of_the_organization() {
    let mut host = acme();
    let command = put_group("lab", &[("eve", Role::Read)]);
    assert_eq!(host.refusal(&session("ada"), &command).0, 409);
}

#[test]
fn nobody_is_in_a_group_twice() {
    let mut host = acme();
    let command = put_group("lab", &[("bob", Role::Read), ("bob", Role::Write)]);
    assert_eq!(host.refusal(&session("ada"), &command).0, 400);
}

#[test]
fn no_two_groups_differ_only_in_case() {
    let mut host = acme();
    host.must(&session("ada"), &put_group("lab", &[]));
    let other = host.refusal(&session("ada"), &put_group("LAB", &[]));
    assert_eq!(other, (409, "name_taken"));
    host.must(&session("ada"), &delete_group("lab"));
    host.must(&session("ada"), &put_group("LAB", &[]));
}

#[test]
fn repeating_a_group_changes_nothing_in_whatever_order() {
    let mut host = acme();
    let (bob, cyd) = (("bob", Role::Write), ("cyd", Role::Read));
    host.must(&session("ada"), &put_group("lab", &[bob, cyd]));
    host.finds_nothing_to_do(&session("ada"), &put_group("lab", &[cyd, bob]));
}

#[test]
fn a_group_shuts_out_whoever_is_not_in_it_and_lets_in_whoever_comes() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&session("ada"), &put_group("lab", &[]));
    host.must(&session("ada"), &into_group("model:acme/bert", "lab"));
    let says = |host: &crate::host::Host| host.says(id, "repo.content.read", "model:acme/bert");
    assert_eq!(says(&host), Reason::NotFound);
    host.must(&session("ada"), &put_group("lab", &[("bob", Role::Read)]));
    assert_eq!(says(&host), Reason::Granted);
}

#[test]
fn the_first_group_hides_unlisted_repositories_and_the_last_one_shows_them() {
    let mut host = acme();
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    let says = |host: &crate::host::Host| host.says(id, "repo.content.read", "model:acme/new");
    assert_eq!(says(&host), Reason::Granted);
    host.must(&session("ada"), &put_group("lab", &[]));
    assert_eq!(says(&host), Reason::NotFound);
    host.must(&session("ada"), &delete_group("lab"));
    assert_eq!(says(&host), Reason::Granted);
}
