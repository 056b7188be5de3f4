//! The organization itself: made, paid for, and its token policy.

use alloc::format;

use super::{Draft, Refusal, data};
use crate::actor::{Actor, Via};
use crate::change::{AuditType, NoticeKind};
use crate::error::ParseError;
use crate::ids::Name;
use crate::organization::Organization;
use crate::policy::{Plan, TokenPolicy};
use crate::reason::Reason;
use crate::world::World;

pub(super) fn create(
    draft: &mut Draft<'_>,
    name: &Name,
    plan: Plan,
    policy: TokenPolicy,
) -> Result<(), Refusal> {
    check_free(draft, name)?;
    check_plan_for(policy, plan)?;
    let organization = Organization {
        name: name.clone(),
        plan,
        token_policy: policy,
    };
    let particulars = data([
        ("plan", plan.as_str().into()),
        ("tokenPolicy", policy.as_str().into()),
    ]);
    let message = format!("{} created the organization {name}", draft.who());
    draft.touch(organization, 0, AuditType::OrgCreate, particulars, message);
    Ok(())
}

/// Checks that nobody has, or had, a name, and that it is no path.
pub(super) fn check_free(draft: &Draft<'_>, name: &Name) -> Result<(), Refusal> {
    if name.is_reserved() {
        return Err(ParseError::new("name", "is reserved").into());
    }
    if draft.details.name_taken {
        return Err(Refusal::Conflict(
            "name_taken",
            format!("The name {name} is taken."),
        ));
    }
    Ok(())
}

pub(super) fn set_plan(draft: &mut Draft<'_>, org: &Name, plan: Plan) -> Result<(), Refusal> {
    let (mut organization, generation) = draft.org(org)?;
    if organization.plan == plan {
        return Ok(());
    }
    let particulars = data([
        ("before", organization.plan.as_str().into()),
        ("after", plan.as_str().into()),
    ]);
    let message = format!(
        "{} changed the plan of {org} to {}",
        draft.who(),
        plan.as_str()
    );
    organization.plan = plan;
    draft.touch(
        organization,
        generation,
        AuditType::UpdatePlan,
        particulars,
        message,
    );
    Ok(())
}

pub(super) fn set_policy(
    draft: &mut Draft<'_>,
    org: &Name,
    policy: TokenPolicy,
    force: bool,
) -> Result<(), Refusal> {
    let (mut organization, generation) = draft.org(org)?;
    let before = organization.token_policy;
    if before == policy {
        return Ok(());
    }
    if !matches!(draft.actor.via, Via::CommandLine) {
        check_plan_for(policy, organization.plan)?;
    }
    if !force && blocks_caller(draft.world, draft.actor, org, policy) {
        let text = format!(
            "The policy {} would block the token that you are calling with. Send \"force\": true \
             to set it all the same.",
            policy.as_str()
        );
        return Err(Refusal::Conflict("blocks_caller", text));
    }
    let kind = match (before.needs_approval(), policy.needs_approval()) {
        (false, true) => AuditType::ApprovalEnabled,
        (true, false) => AuditType::ApprovalDisabled,
        _ => AuditType::PolicyUpdate,
    };
    let particulars = data([
        ("before", before.as_str().into()),
        ("after", policy.as_str().into()),
    ]);
    let message = format!(
        "{} set the token policy to {}",
        draft.who(),
        policy.as_str()
    );
    organization.token_policy = policy;
    draft.touch(organization, generation, kind, particulars, message);
    tell_of_waiting(draft, org, policy);
    Ok(())
}

fn check_plan_for(policy: TokenPolicy, plan: Plan) -> Result<(), Refusal> {
    if policy != TokenPolicy::default() && plan < Plan::Team {
        return Err(Refusal::Plan(Plan::Team, "Token policies"));
    }
    Ok(())
}

/// Whether a policy would lock out the very token that sets it.
fn blocks_caller(world: &World, actor: &Actor, org: &Name, policy: TokenPolicy) -> bool {
    let Some(token) = actor.token() else {
        return false;
    };
    let after = world.admit_under(token.id, org.as_str(), policy);
    after.is_some_and(|reason| !reason.allows())
}

/// Administrators are told once how many tokens wait for them under the new policy.
fn tell_of_waiting(draft: &mut Draft<'_>, org: &Name, policy: TokenPolicy) {
    if !policy.needs_approval() {
        return;
    }
    let preview = draft.world.preview(org.as_str(), policy);
    let waiting = preview
        .tokens
        .iter()
        .filter(|token| token.after == Reason::TokenPending);
    let count = waiting.count();
    if count > 0 {
        let particulars = data([("count", count.into())]);
        draft.tell_admins(NoticeKind::ApprovalsNeeded, org, None, &particulars);
    }
}
