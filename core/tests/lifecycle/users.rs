//! Users and names: contract §1 ("Names") and §7 (`/api/users`).

use tokenward_core::{Command, Plan, Reason, TokenKind, TokenPolicy, User, UserPatch};

use crate::build::*;

fn organization(text: &str) -> Command {
    Command::CreateOrganization {
        name: name(text),
        plan: Plan::Free,
        policy: TokenPolicy::Default,
    }
}

fn suspend(suspended: bool) -> Command {
    patch(UserPatch {
        suspended: Some(suspended),
        ..UserPatch::default()
    })
}

fn patch(patch: UserPatch) -> Command {
    Command::UpdateUser {
        name: name("bob"),
        patch,
    }
}

#[test]
fn users_and_organizations_share_one_name_space_without_regard_to_case() {
    let mut host = acme();
    for text in ["acme", "ACME", "bob", "Bob"] {
        let user = Command::CreateUser(user(text));
        assert_eq!(host.refusal(&root(), &user), (409, "name_taken"));
        assert_eq!(
            host.refusal(&root(), &organization(text)),
            (409, "name_taken")
        );
    }
    host.must(&root(), &Command::CreateUser(user("dan")));
    assert_eq!(
        host.refusal(&root(), &organization("Dan")),
        (409, "name_taken")
    );
}

#[test]
fn nobody_takes_a_name_that_is_a_path() {
    let mut host = acme();
    for text in [
        "api", "datasets", "spaces", "models", "kernels", "buckets", "oauth", "settings", "authz",
        "new", "Settings",
    ] {
        let user = Command::CreateUser(user(text));
        assert_eq!(host.refusal(&root(), &user).0, 400, "{text}");
        assert_eq!(host.refusal(&root(), &organization(text)).0, 400, "{text}");
    }
}

#[test]
fn all_tokens_of_a_suspended_user_are_invalid_until_the_user_is_restored() {
    let mut host = acme();
    let ids = [
        host.unscoped("bob", TokenKind::Write),
        host.fine_grained("bob", &[("org:acme", READ)]),
    ];
    host.must(&root(), &suspend(true));
    for id in ids {
        let says = host.says(id, "repo.content.read", "model:acme/bert");
        assert_eq!(says, Reason::InvalidToken);
    }
    host.must(&root(), &suspend(false));
    for id in ids {
        let says = host.says(id, "repo.content.read", "model:acme/bert");
        assert_eq!(says, Reason::Granted);
    }
}

#[test]
fn absent_fields_stay() {
    let mut host = acme();
    let before = host.rows.users[&name("bob")].clone();
    let fullname = UserPatch {
        fullname: Some(Some("Bob B.".to_owned())),
        ..UserPatch::default()
    };
    host.must(&root(), &patch(fullname.clone()));
    let after = User {
        fullname: Some("Bob B.".to_owned()),
        ..before
    };
    assert_eq!(host.rows.users[&name("bob")], after);
    host.finds_nothing_to_do(&root(), &patch(fullname));
    host.finds_nothing_to_do(&root(), &patch(UserPatch::default()));
}

#[test]
fn what_is_no_mail_address_is_refused() {
    let mut host = acme();
    for text in [
        "bob",
        "@",
        "bob@",
        "@example.org",
        "a@b@c",
        "a b@c",
        "a@b\nc",
    ] {
        let email = UserPatch {
            email: Some(Some(text.to_owned())),
            ..UserPatch::default()
        };
        assert_eq!(host.refusal(&root(), &patch(email)).0, 400, "{text}");
    }
}

#[test]
fn an_unknown_user_is_not_found() {
    let mut host = acme();
    let command = Command::UpdateUser {
        name: name("nobody"),
        patch: UserPatch::default(),
    };
    assert_eq!(host.refusal(&root(), &command).0, 404);
}
