//! Edge credentials: issued and withdrawn by whoever may change an organization's tokens.

use alloc::format;

use super::{Draft, Refusal, data};
use crate::change::AuditType;
use crate::edge::EdgeCredential;
use crate::error::ParseError;
use crate::ids::{EdgeName, Name};
use crate::row::Row;
use crate::secret::scan;

/// No organization has more of them.
const MOST: usize = 1000;

pub(super) fn issue(draft: &mut Draft<'_>, credential: &EdgeCredential) -> Result<(), Refusal> {
    let (organization, generation) = draft.org(&credential.org)?;
    let (org, name) = (credential.org.as_str(), &credential.name);
    if !scan(name.as_str()).is_empty() {
        return Err(ParseError::new("name", "may not hold a token").into());
    }
    if draft.world.edge(org, name).is_some() {
        let text = format!("An edge credential called {name} exists. Withdraw it first.");
        return Err(Refusal::Conflict("name_taken", text));
    }
    if draft.world.edges(org).len() >= MOST {
        let text = format!("An organization has at most {MOST} edge credentials.");
        return Err(Refusal::Conflict("too_many", text));
    }
    let particulars = data([
        ("edge", name.as_str().into()),
        ("id", format!("{}", credential.id).into()),
    ]);
    let message = format!("{} issued a credential to the edge {name}", draft.who());
    draft.put(Row::EdgeCredential(credential.clone()));
    draft.touch(
        organization,
        generation,
        AuditType::EdgeCreate,
        particulars,
        message,
    );
    Ok(())
}

pub(super) fn withdraw(
    draft: &mut Draft<'_>,
    org: &Name,
    name: &EdgeName,
    leaked: bool,
) -> Result<(), Refusal> {
    let (organization, generation) = draft.org(org)?;
    let found = draft.world.edge(org.as_str(), name);
    let id = found
        .ok_or(Refusal::NotFound("Edge credential not found"))?
        .id;
    let particulars = data([
        ("edge", name.as_str().into()),
        ("id", format!("{id}").into()),
        ("leaked", leaked.then_some(true).into()),
    ]);
    let message = match leaked {
        true => format!("The credential of the edge {name} was reported as leaked and withdrawn"),
        false => format!("{} withdrew the credential of the edge {name}", draft.who()),
    };
    let gone = Row::EdgeCredentialGone {
        org: org.clone(),
        name: name.clone(),
    };
    draft.put(gone);
    draft.touch(
        organization,
        generation,
        AuditType::EdgeDelete,
        particulars,
        message,
    );
    Ok(())
}
