//! Contract §3.5: what each plan has, refused with 402, and what outlives a downgrade.

use tokenward_core::{Actor, Command, Plan, Reason, TokenId, TokenPolicy};

use crate::build::*;
use crate::host::Host;

/// acme under `require-approval`, moved to a plan, with a token that waits.
fn downgraded(plan: Plan) -> (Host, TokenId) {
    let mut host = acme();
    host.set_policy(TokenPolicy::RequireApproval);
    let id = host.fine_grained("bob", &[("org:acme", READ)]);
    host.must(&root(), &set_plan(plan));
    (host, id)
}

/// acme with a policy that was never set, on a plan.
fn on_plan(plan: Plan) -> Host {
    let mut host = acme();
    host.must(&root(), &set_plan(plan));
    host
}

#[test]
fn policies_other_than_default_need_team() {
    for policy in [TokenPolicy::FineGrainedOnly, TokenPolicy::RequireApproval] {
        let mut host = on_plan(Plan::Free);
        let refusal = host.refusal(&session("ada"), &set_policy(policy));
        assert_eq!(refusal, (402, "team"), "{policy:?}");
        for plan in [Plan::Team, Plan::Enterprise, Plan::Plus] {
            on_plan(plan).set_policy(policy);
        }
    }
}

#[test]
fn an_organization_is_not_made_with_a_policy_beyond_its_plan() {
    let command = |plan, policy| Command::CreateOrganization {
        name: name("beta"),
        plan,
        policy,
    };
    let mut host = acme();
    let strict = command(Plan::Free, TokenPolicy::FineGrainedOnly);
    assert_eq!(host.refusal(&root(), &strict), (402, "team"));
    host.must(&root(), &command(Plan::Free, TokenPolicy::Default));
}

#[test]
fn approve_and_deny_need_team() {
    for decide in [approve, deny] {
        let mut host = on_plan(Plan::Free);
        let id = host.fine_grained("bob", &[("org:acme", READ)]);
        let refusal = host.refusal(&session("ada"), &decide(id));
        assert_eq!(refusal, (402, "team"));
        host.must(&root(), &set_plan(Plan::Team));
        host.set_policy(TokenPolicy::RequireApproval);
        host.must(&session("ada"), &decide(id));
    }
}

#[test]
fn revoking_needs_enterprise() {
    for plan in [Plan::Free, Plan::Team] {
        let (mut host, id) = downgraded(plan);
        let refusal = host.refusal(&session("ada"), &revoke(id));
        assert_eq!(refusal, (402, "enterprise"), "{plan:?}");
    }
    for plan in [Plan::Enterprise, Plan::Plus] {
        let (mut host, id) = downgraded(plan);
        host.must(&session("ada"), &revoke(id));
    }
}

#[test]
fn a_token_that_is_none_of_the_callers_business_comes_before_the_plan() {
    let (mut host, _) = downgraded(Plan::Free);
    assert_eq!(host.refusal(&session("ada"), &revoke(id(0xdead))).0, 404);
    let mut host = on_plan(Plan::Free);
    assert_eq!(host.refusal(&session("ada"), &approve(id(0xdead))).0, 404);
}

#[test]
fn the_calling_token_itself_comes_before_the_plan() {
    let (mut host, id) = downgraded(Plan::Free);
    let caller = host.with(id);
    assert_eq!(host.refusal(&caller, &revoke(id)).0, 403);
}

#[test]
fn what_is_set_is_enforced_after_a_downgrade() {
    let (mut host, id) = downgraded(Plan::Free);
    assert_eq!(host.world.policy(ACME), Some(TokenPolicy::RequireApproval));
    let says = |host: &Host, id| host.says(id, "repo.content.read", "model:acme/bert");
    assert_eq!(says(&host, id), Reason::TokenPending);
    host.must(&root(), &set_plan(Plan::Enterprise));
    host.must(&session("ada"), &revoke(id));
    host.must(&root(), &set_plan(Plan::Free));
    assert_eq!(says(&host, id), Reason::TokenRevoked);
}

#[test]
fn approve_deny_and_default_still_work_after_a_downgrade() {
    let (mut host, id) = downgraded(Plan::Free);
    host.must(&session("ada"), &approve(id));
    host.must(&session("ada"), &deny(id));
    host.set_policy(TokenPolicy::Default);
}

#[test]
fn another_policy_is_not_set_after_a_downgrade() {
    let (mut host, _) = downgraded(Plan::Free);
    let command = set_policy(TokenPolicy::FineGrainedOnly);
    assert_eq!(host.refusal(&session("ada"), &command), (402, "team"));
}

#[test]
fn the_command_line_sets_a_policy_on_every_plan() {
    let mut host = on_plan(Plan::Free);
    host.must(
        &Actor::COMMAND_LINE,
        &set_policy(TokenPolicy::RequireApproval),
    );
}

#[test]
fn repeating_a_plan_changes_nothing() {
    let mut host = on_plan(Plan::Team);
    host.finds_nothing_to_do(&root(), &set_plan(Plan::Team));
}

#[test]
fn the_plan_says_what_it_needs_before_the_policy_would_block_the_caller() {
    let mut host = on_plan(Plan::Free);
    let own = host.unscoped("ada", tokenward_core::TokenKind::Write);
    let caller = host.with(own);
    let command = set_policy(TokenPolicy::FineGrainedOnly);
    assert_eq!(host.refusal(&caller, &command), (402, "team"));
}
