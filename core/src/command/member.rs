//! Members and resource groups.

use alloc::format;
use alloc::vec::Vec;

use serde_json::Value;

use super::{Draft, Refusal, data};
use crate::change::AuditType;
use crate::error::ParseError;
use crate::ids::{GroupName, Name};
use crate::organization::Member;
use crate::role::Role;
use crate::row::Row;

pub(super) fn put(
    draft: &mut Draft<'_>,
    org: &Name,
    user: &Name,
    role: Role,
    groups: Option<&[(GroupName, Role)]>,
) -> Result<(), Refusal> {
    let (organization, generation) = draft.org(org)?;
    if draft.details.user.is_none() {
        return Err(Refusal::NotFound("User not found"));
    }
    let before = draft.world.role(org.as_str(), user.as_str());
    if before == Some(Role::Admin) && role != Role::Admin {
        check_not_last(draft, org)?;
    }
    let regrouped = match groups {
        Some(groups) => regroup(draft, org, user, groups)?,
        None => Vec::new(),
    };
    if before == Some(role) && regrouped.is_empty() {
        return Ok(());
    }
    let particulars = data([
        ("user", user.as_str().into()),
        ("before", before.map(Role::as_str).into()),
        ("after", role.as_str().into()),
    ]);
    let (kind, message) = match before {
        None => (AuditType::AddUser, format!("{} added {user}", draft.who())),
        Some(_) => {
            let message = format!("{} gave {user} the role {}", draft.who(), role.as_str());
            (AuditType::ChangeRole, message)
        }
    };
    draft.put(Row::Member {
        org: org.clone(),
        user: user.clone(),
        role: Some(role),
    });
    regrouped.into_iter().for_each(|row| draft.put(row));
    draft.touch(organization, generation, kind, particulars, message);
    Ok(())
}

/// The rows of the groups in which the user's role changes; groups that are not named are left.
fn regroup(
    draft: &Draft<'_>,
    org: &Name,
    user: &Name,
    wanted: &[(GroupName, Role)],
) -> Result<Vec<Row>, Refusal> {
    let groups = draft.world.groups(org.as_str());
    for (at, (name, _)) in wanted.iter().enumerate() {
        if !groups.iter().any(|(group, _)| group == name) {
            return Err(Refusal::NotFound("Resource group not found"));
        }
        if wanted
            .iter()
            .skip(at.saturating_add(1))
            .any(|(other, _)| other == name)
        {
            return Err(ParseError::new("resourceGroups", "names a group twice").into());
        }
    }
    let mut rows = Vec::new();
    for (name, members) in groups {
        let role = wanted
            .iter()
            .find(|(group, _)| *group == name)
            .map(|(_, role)| *role);
        let mut after: Vec<Member> = members
            .iter()
            .filter(|member| member.user != *user)
            .cloned()
            .collect();
        after.extend(role.map(|role| Member {
            user: user.clone(),
            role,
        }));
        after.sort_by(|a, b| a.user.cmp(&b.user));
        if after != members {
            rows.push(Row::Group {
                org: org.clone(),
                name,
                members: Some(after),
            });
        }
    }
    Ok(rows)
}

pub(super) fn remove(draft: &mut Draft<'_>, org: &Name, user: &Name) -> Result<(), Refusal> {
    let (organization, generation) = draft.org(org)?;
    let role = draft.world.role(org.as_str(), user.as_str());
    let Some(role) = role else {
        return Err(Refusal::NotFound("Member not found"));
    };
    if role == Role::Admin {
        check_not_last(draft, org)?;
    }
    draft.put(Row::Member {
        org: org.clone(),
        user: user.clone(),
        role: None,
    });
    regroup(draft, org, user, &[])?
        .into_iter()
        .for_each(|row| draft.put(row));
    forget_authorizations(draft, org);
    let particulars = data([
        ("user", user.as_str().into()),
        ("before", role.as_str().into()),
    ]);
    let message = format!("{} removed {user}", draft.who());
    draft.touch(
        organization,
        generation,
        AuditType::RemoveUser,
        particulars,
        message,
    );
    Ok(())
}

/// Authorizations end with the membership, revocations stay.
fn forget_authorizations(draft: &mut Draft<'_>, org: &Name) {
    let details = draft.details;
    let decided = details
        .standings
        .iter()
        .filter(|(_, of, standing)| of == org && standing.authorization.is_some());
    for (token, _, standing) in decided {
        let mut standing = standing.clone();
        standing.authorization = None;
        draft.put(Row::Standing {
            token: *token,
            org: org.clone(),
            standing,
        });
    }
}

fn check_not_last(draft: &Draft<'_>, org: &Name) -> Result<(), Refusal> {
    if draft.world.admin_count(org.as_str()) > 1 {
        return Ok(());
    }
    let text = format!("{org} would be left without an administrator.");
    Err(Refusal::Conflict("last_admin", text))
}

pub(super) fn put_group(
    draft: &mut Draft<'_>,
    org: &Name,
    name: &GroupName,
    members: &[Member],
) -> Result<(), Refusal> {
    let (organization, generation) = draft.org(org)?;
    let members = checked_members(draft, org, members)?;
    let groups = draft.world.groups(org.as_str());
    let key = name.as_str();
    let other = groups
        .iter()
        .any(|(group, _)| group != name && group.as_str().eq_ignore_ascii_case(key));
    if other {
        let text = format!("A resource group whose name differs only in case from {name} exists.");
        return Err(Refusal::Conflict("name_taken", text));
    }
    let before = groups
        .into_iter()
        .find(|(group, _)| group == name)
        .map(|(_, members)| members);
    if before.as_ref() == Some(&members) {
        return Ok(());
    }
    let kind = if before.is_some() {
        AuditType::GroupUpdate
    } else {
        AuditType::GroupCreate
    };
    let list = members.iter().map(|member| {
        Value::Object(data([
            ("user", member.user.as_str().into()),
            ("role", member.role.as_str().into()),
        ]))
    });
    let particulars = data([("resourceGroup", key.into()), ("members", list.collect())]);
    let message = format!(
        "{} set the members of the resource group {name}",
        draft.who()
    );
    draft.put(Row::Group {
        org: org.clone(),
        name: name.clone(),
        members: Some(members),
    });
    draft.touch(organization, generation, kind, particulars, message);
    Ok(())
}

fn checked_members(
    draft: &Draft<'_>,
    org: &Name,
    members: &[Member],
) -> Result<Vec<Member>, Refusal> {
    let mut sorted = members.to_vec();
    sorted.sort_by(|a, b| a.user.cmp(&b.user));
    if sorted
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.user == b.user))
    {
        return Err(ParseError::new("members", "names a user twice").into());
    }
    let outside = |member: &&Member| {
        draft
            .world
            .role(org.as_str(), member.user.as_str())
            .is_none()
    };
    if let Some(member) = sorted.iter().find(outside) {
        let text = format!("{} is no member of {org}.", member.user);
        return Err(Refusal::Conflict("no_member", text));
    }
    Ok(sorted)
}

pub(super) fn delete_group(
    draft: &mut Draft<'_>,
    org: &Name,
    name: &GroupName,
) -> Result<(), Refusal> {
    let (organization, generation) = draft.org(org)?;
    if !draft
        .world
        .groups(org.as_str())
        .iter()
        .any(|(group, _)| group == name)
    {
        return Err(Refusal::NotFound("Resource group not found"));
    }
    if draft.world.uses_group(org.as_str(), name) {
        let text = format!("The resource group {name} still holds repositories.");
        return Err(Refusal::Conflict("in_use", text));
    }
    draft.put(Row::Group {
        org: org.clone(),
        name: name.clone(),
        members: None,
    });
    let particulars = data([("resourceGroup", name.as_str().into())]);
    let message = format!("{} deleted the resource group {name}", draft.who());
    draft.touch(
        organization,
        generation,
        AuditType::GroupDelete,
        particulars,
        message,
    );
    Ok(())
}
