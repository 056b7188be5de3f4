//! Users of the server.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::org::check_free;
use super::{Draft, Refusal, UserPatch, data};
use crate::change::AuditType;
use crate::error::ParseError;
use crate::ids::Name;
use crate::row::Row;
use crate::user::User;

pub(super) fn create(draft: &mut Draft<'_>, user: &User) -> Result<(), Refusal> {
    check_free(draft, &user.name)?;
    check(user)?;
    draft.put(Row::User(user.clone()));
    Ok(())
}

pub(super) fn update(draft: &mut Draft<'_>, name: &Name, patch: &UserPatch) -> Result<(), Refusal> {
    let before = draft
        .details
        .user
        .as_ref()
        .ok_or(Refusal::NotFound("User not found"))?;
    let mut after = before.clone();
    patch.write(&mut after);
    check(&after)?;
    if after == *before {
        return Ok(());
    }
    let (was, is) = (before.suspended, after.suspended);
    draft.put(Row::User(after));
    if was != is {
        touch_orgs(draft, name, is)?;
    }
    Ok(())
}

/// A suspension changes decisions in every organization that the user belongs to.
fn touch_orgs(draft: &mut Draft<'_>, name: &Name, suspended: bool) -> Result<(), Refusal> {
    let orgs: Vec<Name> = draft
        .world
        .orgs_of(name.as_str())
        .filter_map(|org| Name::parse(org).ok())
        .collect();
    let (kind, done) = match suspended {
        true => (AuditType::SuspendUser, "suspended"),
        false => (AuditType::RestoreUser, "restored"),
    };
    for org in orgs {
        let (organization, generation) = draft.org(&org)?;
        let particulars = data([("user", name.as_str().into())]);
        let message = format!("{} {done} {name}", draft.who());
        draft.touch(organization, generation, kind, particulars, message);
    }
    Ok(())
}

fn check(user: &User) -> Result<(), Refusal> {
    let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.chars().count() > 200);
    let control = |text: &String| text.chars().any(char::is_control);
    if long(&user.fullname) || user.fullname.as_ref().is_some_and(control) {
        let why = "must have 200 characters at most, and no control characters";
        return Err(ParseError::new("fullname", why).into());
    }
    let plain = |mail: &String| {
        let whole = mail.split_once('@').is_some_and(|(left, right)| {
            !left.is_empty() && !right.is_empty() && !right.contains('@')
        });
        whole && !mail.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    if long(&user.email) || user.email.as_ref().is_some_and(|mail| !plain(mail)) {
        return Err(ParseError::new("email", "must be a mail address").into());
    }
    Ok(())
}

impl UserPatch {
    fn write(&self, user: &mut User) {
        if let Some(fullname) = &self.fullname {
            user.fullname.clone_from(fullname);
        }
        if let Some(email) = &self.email {
            user.email.clone_from(email);
        }
        user.email_confirmed = self.email_confirmed.unwrap_or(user.email_confirmed);
        user.suspended = self.suspended.unwrap_or(user.suspended);
    }
}
