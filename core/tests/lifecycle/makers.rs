//! Contract §2, "Who may make and change tokens": every cell of the table.

use tokenward_core::{Actor, Command, Plan, Role, TokenId, TokenKind, TokenPatch, TokenPolicy};

use crate::build::*;
use crate::host::Host;

const ON_ACME: &[(&str, &[&str])] = &[("org:acme", READ)];
const ON_SELF: &[(&str, &[&str])] = &[("user:bob", READ)];

fn create(host: &Host, scoped: &[(&str, &[&str])]) -> Command {
    let fine_grained = Some(grants(scoped));
    Command::CreateToken(host.new_token("bob", TokenKind::FineGrained, fine_grained))
}

fn create_unscoped(host: &Host, kind: TokenKind) -> Command {
    Command::CreateToken(host.new_token("bob", kind, None))
}

/// A caller with a token of bob of this kind.
fn caller(host: &mut Host, kind: TokenKind) -> Actor {
    let id = match kind {
        TokenKind::Read | TokenKind::Write => host.unscoped("bob", kind),
        TokenKind::FineGrained => host.fine_grained("bob", &[("org:acme", WRITE)]),
    };
    host.with(id)
}

fn own(caller: &Actor) -> TokenId {
    caller.token().expect("it calls with a token").id
}

/// A second organization to which bob belongs.
fn beta(host: &mut Host, policy: TokenPolicy) {
    host.must(
        &root(),
        &Command::CreateOrganization {
            name: name("beta"),
            plan: Plan::Enterprise,
            policy,
        },
    );
    host.must(
        &root(),
        &Command::PutMember {
            org: name("beta"),
            user: name("bob"),
            role: Role::Read,
            groups: None,
        },
    );
}

#[test]
fn a_session_makes_and_changes_tokens_under_every_policy() {
    for maker in [session("bob"), root()] {
        for policy in TokenPolicy::ALL {
            let mut host = acme();
            host.set_policy(policy);
            for kind in [TokenKind::Read, TokenKind::Write] {
                let command = create_unscoped(&host, kind);
                host.must(&maker, &command);
            }
            let command = create(&host, ON_ACME);
            host.must(&maker, &command);
            let id = *host.rows.tokens.keys().next_back().expect("it was made");
            host.must(&maker, &regrant(id, &[("org:acme", WRITE)]));
            host.must(&maker, &rotate(id, "new value"));
            host.must(&maker, &delete(id));
        }
    }
}

#[test]
fn a_session_changes_tokens_that_are_revoked() {
    let mut host = acme();
    let id = host.fine_grained("bob", ON_ACME);
    host.must(&session("ada"), &revoke(id));
    host.must(&session("bob"), &regrant(id, &[]));
    host.must(&session("bob"), &rotate(id, "new value"));
    host.must(&session("bob"), &delete(id));
}

#[test]
fn a_write_token_makes_and_changes_tokens() {
    for policy in [TokenPolicy::Default, TokenPolicy::RequireApproval] {
        let mut host = acme();
        let maker = caller(&mut host, TokenKind::Write);
        host.set_policy(policy);
        for kind in [TokenKind::Read, TokenKind::Write] {
            let command = create_unscoped(&host, kind);
            host.must(&maker, &command);
        }
        let other = host.fine_grained("bob", ON_ACME);
        let command = create(&host, ON_ACME);
        host.must(&maker, &command);
        host.must(&maker, &regrant(other, &[("org:acme", WRITE)]));
        host.must(&maker, &expire(own(&maker), Some(host.now.plus_days(1))));
    }
}

#[test]
fn a_write_token_makes_nothing_where_only_fine_grained_tokens_are_accepted() {
    let mut host = acme();
    let maker = caller(&mut host, TokenKind::Write);
    let (other, own) = (host.fine_grained("bob", ON_ACME), own(&maker));
    host.set_policy(TokenPolicy::FineGrainedOnly);
    let refused = [
        create(&host, ON_ACME),
        create(&host, &[("model:acme/bert", &[])]),
        create_unscoped(&host, TokenKind::Read),
        create_unscoped(&host, TokenKind::Write),
        regrant(other, &[]),
        rename(other, "another name"),
        expire(own, Some(host.now.plus_days(1))),
    ];
    for command in refused {
        assert_eq!(host.refusal(&maker, &command).0, 403, "{command:?}");
    }
    let elsewhere = create(&host, ON_SELF);
    host.must(&maker, &elsewhere);
}

#[test]
fn naming_such_an_organization_newly_is_as_bad_as_naming_it_before() {
    let mut host = acme();
    let maker = caller(&mut host, TokenKind::Write);
    let other = host.fine_grained("bob", ON_SELF);
    host.set_policy(TokenPolicy::FineGrainedOnly);
    assert_eq!(host.refusal(&maker, &regrant(other, ON_ACME)).0, 403);
    host.must(&maker, &regrant(other, &[("user:bob", WRITE)]));
}

#[test]
fn an_unscoped_token_counts_as_naming_every_organization_of_its_owner() {
    let mut host = acme();
    let maker = caller(&mut host, TokenKind::Write);
    beta(&mut host, TokenPolicy::FineGrainedOnly);
    let command = create_unscoped(&host, TokenKind::Read);
    assert_eq!(host.refusal(&maker, &command).0, 403);
    let command = create(&host, ON_ACME);
    host.must(&maker, &command);
}

#[test]
fn a_token_that_is_revoked_anywhere_makes_and_changes_no_other() {
    let mut host = acme();
    beta(&mut host, TokenPolicy::Default);
    let maker = caller(&mut host, TokenKind::Write);
    let other = host.fine_grained("bob", &[("org:beta", READ)]);
    host.must(&session("ada"), &revoke(own(&maker)));
    let refused = [
        create(&host, ON_ACME),
        create(&host, &[("org:beta", READ)]),
        create(&host, ON_SELF),
        create_unscoped(&host, TokenKind::Read),
        regrant(other, &[]),
        delete(other),
        rotate(other, "new value"),
    ];
    for command in refused {
        assert_eq!(host.refusal(&maker, &command).0, 403, "{command:?}");
    }
    host.must(&maker, &rotate(own(&maker), "newer value"));
    host.must(&maker, &delete(own(&maker)));
}

#[test]
fn a_token_revoked_where_its_owner_is_no_member_any_more_makes_nothing_either() {
    let mut host = acme();
    let maker = caller(&mut host, TokenKind::Write);
    host.must(&session("ada"), &revoke(own(&maker)));
    host.must(&session("ada"), &remove_member("bob"));
    let command = create(&host, ON_SELF);
    assert_eq!(host.refusal(&maker, &command).0, 403);
}

#[test]
fn a_write_token_that_is_revoked_does_not_change_itself_where_it_is_revoked() {
    let mut host = acme();
    let maker = caller(&mut host, TokenKind::Write);
    let longer = expire(own(&maker), Some(host.now.plus_days(9)));
    host.must(&session("ada"), &revoke(own(&maker)));
    assert_eq!(host.refusal(&maker, &longer).0, 403);
}

#[test]
fn read_and_fine_grained_tokens_make_and_change_nothing() {
    for kind in [TokenKind::Read, TokenKind::FineGrained] {
        for policy in TokenPolicy::ALL {
            let mut host = acme();
            let maker = caller(&mut host, kind);
            let other = host.fine_grained("bob", ON_SELF);
            host.set_policy(policy);
            let refused = [
                create(&host, ON_SELF),
                create(&host, ON_ACME),
                create_unscoped(&host, TokenKind::Read),
                rename(other, "another name"),
                rename(own(&maker), "another name"),
                expire(own(&maker), Some(host.now.plus_days(1))),
                update(own(&maker), TokenPatch::default()),
            ];
            for command in refused {
                assert_eq!(host.refusal(&maker, &command).0, 403, "{command:?}");
            }
        }
    }
}

#[test]
fn every_token_rotates_itself_and_no_other() {
    for kind in [TokenKind::Read, TokenKind::Write, TokenKind::FineGrained] {
        let mut host = acme();
        let maker = caller(&mut host, kind);
        let other = host.unscoped("bob", TokenKind::Read);
        host.must(&maker, &rotate(own(&maker), "new value"));
        assert_eq!(host.refusal(&maker, &rotate(other, "other value")).0, 403);
    }
}

#[test]
fn a_write_token_deletes_every_token_and_others_themselves_only() {
    for kind in [TokenKind::Read, TokenKind::Write, TokenKind::FineGrained] {
        let mut host = acme();
        let maker = caller(&mut host, kind);
        let other = host.unscoped("bob", TokenKind::Read);
        match kind {
            TokenKind::Write => drop(host.must(&maker, &delete(other))),
            TokenKind::Read | TokenKind::FineGrained => {
                assert_eq!(host.refusal(&maker, &delete(other)).0, 403);
            }
        }
        host.must(&maker, &delete(own(&maker)));
        assert!(!host.rows.tokens.contains_key(&own(&maker)));
    }
}

#[test]
fn what_a_write_token_makes_for_an_administrator_waits_for_approval() {
    let mut host = acme();
    let maker = host.unscoped("ada", TokenKind::Write);
    host.set_policy(TokenPolicy::RequireApproval);
    let new = host.new_token("ada", TokenKind::FineGrained, Some(grants(ON_ACME)));
    let caller = host.with(maker);
    host.must(&caller, &Command::CreateToken(new.clone()));
    let says = host.says(new.id, "repo.content.read", "model:acme/bert");
    assert_eq!(says, tokenward_core::Reason::TokenPending);
}

#[test]
fn a_hubs_credential_and_nobody_make_no_tokens() {
    let mut host = acme();
    let shown = caller(&mut host, TokenKind::Write).token().cloned();
    let hub = Actor {
        user: None,
        via: tokenward_core::Via::Hub(shown.expect("it calls with a token")),
    };
    for maker in [hub, Actor::NOBODY] {
        let command = create(&host, ON_SELF);
        assert_eq!(host.refusal(&maker, &command).0, 403);
        let other = host.unscoped("bob", TokenKind::Read);
        assert_eq!(host.refusal(&maker, &rotate(other, "new value")).0, 403);
    }
}

#[test]
fn the_role_of_a_token_never_changes() {
    let mut host = acme();
    for kind in [TokenKind::Read, TokenKind::Write] {
        let id = host.unscoped("bob", kind);
        let refusal = host.refusal(&session("bob"), &regrant(id, ON_ACME));
        assert_eq!(refusal.0, 400);
        host.must(&session("bob"), &rotate(id, kind.as_str()));
        assert_eq!(host.rows.tokens[&id].kind, kind);
    }
}

#[test]
fn grants_belong_to_exactly_the_fine_grained_kind() {
    let mut host = acme();
    for (kind, fine_grained) in [
        (TokenKind::Read, Some(grants(&[]))),
        (TokenKind::Write, Some(grants(&[]))),
        (TokenKind::FineGrained, None),
    ] {
        let command = Command::CreateToken(host.new_token("bob", kind, fine_grained));
        assert_eq!(host.refusal(&session("bob"), &command).0, 400);
    }
}

#[test]
fn an_unknown_token_is_not_found() {
    let mut host = acme();
    let unknown = id(0xdead);
    for command in [rename(unknown, "x"), rotate(unknown, "x"), delete(unknown)] {
        assert_eq!(host.refusal(&session("bob"), &command).0, 404);
    }
}

#[test]
fn a_token_that_needs_no_approval_is_not_widened_with_another_token() {
    let mut host = acme();
    let maker = caller(&mut host, TokenKind::Write);
    host.set_policy(TokenPolicy::RequireApproval);
    let exchanged = host.import("bob", tokenward_core::IssuedBy::TokenExchange);
    let wider = regrant(exchanged, &[("org:acme", WRITE)]);
    assert_eq!(host.refusal(&maker, &wider), (403, "token_scope"));
    host.must(&maker, &regrant(exchanged, &[("org:acme", &[])]));
}

#[test]
fn what_holds_everywhere_reaches_into_every_organization_of_the_owner() {
    let mut host = acme();
    let writer = caller(&mut host, TokenKind::Write);
    beta(&mut host, TokenPolicy::FineGrainedOnly);
    assert!(host.ask(&writer, &create(&host, ON_ACME)).is_ok());
    for (gated, global) in [(true, vec![]), (false, vec!["discussion.write".into()])] {
        let mut new = host.new_token("bob", TokenKind::FineGrained, Some(grants(ON_ACME)));
        let fine_grained = new.fine_grained.as_mut().expect("it has grants");
        fine_grained.can_read_gated_repos = gated;
        fine_grained.global = global;
        let everywhere = Command::CreateToken(new);
        assert_eq!(host.refusal(&writer, &everywhere).0, 403);
        assert!(host.ask(&session("bob"), &everywhere).is_ok());
    }
}

#[test]
fn a_token_has_a_thousand_grants_at_most() {
    let mut host = acme();
    let many = |host: &Host, count: u32| {
        let names: Vec<String> = (0..count).map(|at| format!("model:bob/r{at}")).collect();
        let scoped: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), READ)).collect();
        create(host, &scoped)
    };
    let (most, too_many) = (many(&host, 1000), many(&host, 1001));
    assert!(host.ask(&session("bob"), &most).is_ok());
    assert_eq!(host.refusal(&session("bob"), &too_many).0, 400);
}
