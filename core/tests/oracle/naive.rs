//! A second `decide`, written from the contract's text alone: slow, obvious, all strings and linear search.
//!
//! It reads the raw JSON of an org document and trusts that the document is a valid one.
//! It never looks at the engine, knows nothing of remedies, and must stay too simple to be wrong in the same way.

use serde_json::Value;

use crate::actions::{Row, row_of};
use crate::reading::{
    before_slash, grant_on, has, hex_digest, instant, is_case_variant, is_repository,
    is_service_account, list, listed, member_role, names, rank, role_in_group, role_on,
};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NaiveToken {
    Nothing,
    Secret(String),
    Id(String),
}

#[derive(Clone, Debug)]
pub(crate) struct NaiveRequest {
    pub(crate) token: NaiveToken,
    pub(crate) action: String,
    /// `type:name`.
    pub(crate) resource: String,
    pub(crate) now: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NaiveDecision {
    pub(crate) allowed: bool,
    pub(crate) reason: &'static str,
    pub(crate) status: u16,
    pub(crate) message: Option<String>,
    pub(crate) generation: u64,
    pub(crate) first_failing_check: Option<&'static str>,
    /// Contract §7, `X-Error-Code`.
    pub(crate) error_code: Option<&'static str>,
}

/// Why the first failing check failed.
struct Refusal {
    check: &'static str,
    reason: &'static str,
    message: String,
}

fn refuse<T>(
    check: &'static str,
    reason: &'static str,
    message: impl Into<String>,
) -> Result<T, Refusal> {
    Err(Refusal {
        check,
        reason,
        message: message.into(),
    })
}

pub(crate) fn decide(document: &Value, request: &NaiveRequest) -> NaiveDecision {
    let generation = document["generation"].as_u64().unwrap_or(0);
    match judge(document, request) {
        Ok(reason) => NaiveDecision {
            allowed: true,
            reason,
            status: 200,
            message: None,
            generation,
            first_failing_check: None,
            error_code: None,
        },
        Err(refusal) => NaiveDecision {
            allowed: false,
            reason: refusal.reason,
            status: status(refusal.reason),
            error_code: error_code(&refusal),
            message: Some(refusal.message),
            generation,
            first_failing_check: Some(refusal.check),
        },
    }
}

fn status(reason: &str) -> u16 {
    match reason {
        "missing_token" | "organization_token" | "invalid_token" | "expired_token" => 401,
        "not_found" => 404,
        _ => 403,
    }
}

fn error_code(refusal: &Refusal) -> Option<&'static str> {
    match refusal.reason {
        "not_found" if refusal.message == "Repository not found" => Some("RepoNotFound"),
        "gated_user" => Some("GatedRepo"),
        "missing_token" if refusal.message.contains("is restricted") => Some("GatedRepo"),
        _ => None,
    }
}

/// The checks in the contract's order; the answer on success is `granted` or `public`.
fn judge(document: &Value, request: &NaiveRequest) -> Result<&'static str, Refusal> {
    let action = request.action.as_str();
    let (resource_type, name) = request
        .resource
        .split_once(':')
        .expect("a resource is written `type:name`");
    let repository = listed(document, resource_type, name);
    let public = repository.is_some_and(|repository| repository["visibility"] == "public");
    let gated = repository.is_some_and(|repository| repository["gated"] == true);
    let read_by_anyone = action == "repo.content.read" && public && !gated;

    // 1 to 4, and the public read.
    if token_is_missing(&request.token) {
        if read_by_anyone {
            return Ok("public");
        }
        if public && gated {
            return refuse(
                "token_form",
                "missing_token",
                format!(
                    "Access to {resource_type} {name} is restricted. You must have access to it and be authenticated \
                     to access it. Please log in."
                ),
            );
        }
        return refuse(
            "token_form",
            "missing_token",
            "Invalid username or password.",
        );
    }
    let token = presented_token(document, &request.token)?;
    if let Some(expiry) = token["expiresAt"].as_str()
        && instant(&request.now) >= instant(expiry)
    {
        return refuse("token_expiry", "expired_token", "Your token has expired.");
    }
    let Some(row) = row_of(action, resource_type) else {
        return refuse("action", "unknown_action", "This operation is not allowed.");
    };
    if read_by_anyone {
        return Ok("public");
    }

    // 5 to 13.
    let owner = token["owner"].as_str().expect("a token has an owner");
    let organization = document["organization"]["name"]
        .as_str()
        .expect("an organization has a name");
    let namespace = if is_repository(resource_type) {
        before_slash(name)
    } else {
        name
    };
    let in_org = namespace == organization && resource_type != "user";
    let is_own =
        namespace == owner && resource_type != "org" && !is_service_account(document, owner);
    if is_own && !in_org {
        judge_own(token, row, resource_type, name)?;
    } else if in_org {
        judge_in_org(document, token, row, resource_type, name)?;
    } else {
        return not_found("membership", action, resource_type, name);
    }
    Ok("granted")
}

fn token_is_missing(token: &NaiveToken) -> bool {
    *token == NaiveToken::Nothing || *token == NaiveToken::Secret(String::new())
}

/// Checks 1 and 2 for a token that is there.
fn presented_token<'d>(document: &'d Value, token: &NaiveToken) -> Result<&'d Value, Refusal> {
    let found = match token {
        NaiveToken::Nothing => None,
        NaiveToken::Id(id) => list(&document["tokens"])
            .iter()
            .find(|known| known["id"] == **id),
        NaiveToken::Secret(secret) if secret.starts_with("api_org") => {
            return refuse(
                "token_form",
                "organization_token",
                "You must use your personal account token, not an organization token.",
            );
        }
        NaiveToken::Secret(secret) => {
            let digest = hex_digest(secret);
            list(&document["tokens"])
                .iter()
                .find(|known| known["digest"] == *digest)
        }
    };
    match found {
        Some(known) => Ok(known),
        None => refuse(
            "token_known",
            "invalid_token",
            "Invalid username or password.",
        ),
    }
}

/// The owner's own namespace: the same scope rules with the user in place of the org, the role `admin`, no policy.
fn judge_own(token: &Value, row: &Row, resource_type: &str, name: &str) -> Result<(), Refusal> {
    let owner = token["owner"].as_str().expect("a token has an owner");
    if token["role"] == "fineGrained" && !names(token, "user", owner) {
        return out_of_scope("names_org", row, resource_type, name);
    }
    if !in_scope(token, row, ("user", owner), resource_type, name) {
        return out_of_scope("scope", row, resource_type, name);
    }
    Ok(())
}

fn judge_in_org(
    document: &Value,
    token: &Value,
    row: &Row,
    resource_type: &str,
    name: &str,
) -> Result<(), Refusal> {
    let action = row.action;
    let owner = token["owner"].as_str().expect("a token has an owner");
    let organization = document["organization"]["name"]
        .as_str()
        .expect("an organization has a name");
    let fine_grained = token["role"] == "fineGrained";
    let service_account = is_service_account(document, owner);
    let org_role = member_role(&document["members"], owner);
    let repository = listed(document, resource_type, name);
    let public = repository.is_some_and(|repository| repository["visibility"] == "public");
    let group = repository.and_then(|repository| repository["resourceGroup"].as_str());
    let group_role = group.map_or("no_access", |group| role_in_group(document, group, owner));

    // 5 membership
    let belongs = service_account || org_role != "no_access" || group_role != "no_access";
    if !belongs && !public {
        return not_found("membership", action, resource_type, name);
    }
    // 6 revocation
    if !token["revoked"].is_null() {
        return refuse(
            "revocation",
            "token_revoked",
            "Your token has been revoked by the organization administrator, you can no longer access organization \
             resources. Please contact them for more information.",
        );
    }
    let mut scope_as_outsider = !belongs;
    if belongs {
        // 7 policy_kind
        let policy = document["organization"]["tokenPolicy"]
            .as_str()
            .unwrap_or("default");
        if let Some((reason, message)) = refusal_by_kind(token, policy) {
            return refuse("policy_kind", reason, message);
        }
        // 8 names_org, 9 approval
        if fine_grained && !names(token, "org", organization) {
            if !public {
                return out_of_scope("names_org", row, resource_type, name);
            }
            scope_as_outsider = true;
        } else if let Some((reason, message)) = refusal_by_approval(document, token, policy) {
            return refuse("approval", reason, message);
        }
    }

    // A member who is hidden out by check 13 is judged until then as for an unlisted repository.
    let in_group_or_admin = group_role != "no_access" || org_role == "admin";
    let hidden = group.is_some() && !public && !service_account && !in_group_or_admin;
    let seen = if hidden { None } else { repository };

    // 10 scope
    if fine_grained && scope_as_outsider && action == "repo.content.read" {
        if token["fineGrained"]["canReadGatedRepos"] != true {
            return refuse(
                "scope",
                "gated_token",
                "Please enable access to public gated repositories in your fine-grained token settings to view this \
                 repository.",
            );
        }
    } else if fine_grained && scope_as_outsider && action == "discussion.write" {
        if !has(&token["fineGrained"]["global"], "discussion.write") {
            return out_of_scope("scope", row, resource_type, name);
        }
    } else if !in_scope(token, row, ("org", organization), resource_type, name) {
        return out_of_scope("scope", row, resource_type, name);
    }
    // 11 role
    let role_reached = if !belongs {
        action == "repo.content.read" || action == "discussion.write"
    } else if service_account {
        true
    } else {
        let role = role_on(org_role, group_role, seen);
        let created = seen.is_some_and(|repository| repository["createdBy"] == owner);
        rank(role) >= rank(row.least_role)
            || (row.creator && created && rank(role) >= rank("contributor"))
    };
    if !role_reached {
        return refuse(
            "role",
            "role_insufficient",
            "You have read access but not the required permissions for this operation",
        );
    }
    // 12 gate
    if action == "repo.content.read"
        && let Some(repository) = seen
        && repository["gated"] == true
    {
        let counts_as_belonging = belongs && !scope_as_outsider;
        if !counts_as_belonging && !has(&repository["gatedUsers"], owner) {
            return refuse(
                "gate",
                "gated_user",
                format!(
                    "Access to {resource_type} {name} is restricted and you are not in the authorized list."
                ),
            );
        }
    }
    // 13 group
    if is_repository(resource_type) {
        let in_a_group = group.is_some() && !public;
        let as_if_in_a_group =
            repository.is_none() && !list(&document["resourceGroups"]).is_empty();
        let service_account_granted =
            service_account && grant_on(token, resource_type, name).is_some();
        let may_see = in_group_or_admin || service_account_granted;
        if is_case_variant(document, resource_type, name)
            || ((in_a_group || as_if_in_a_group) && !may_see)
        {
            return not_found("group", action, resource_type, name);
        }
    }
    Ok(())
}

/// Check 7: why the policy does not accept the token's kind.
pub(crate) fn refusal_by_kind(token: &Value, policy: &str) -> Option<(&'static str, &'static str)> {
    let refused = token["role"] != "fineGrained" && policy != "default";
    refused.then_some((
        "fine_grained_required",
        "Due to the organization token policy, you need to use a fine-grained token to access this resource.",
    ))
}

/// Check 9: why the token does not count as approved.
pub(crate) fn refusal_by_approval(
    document: &Value,
    token: &Value,
    policy: &str,
) -> Option<(&'static str, &'static str)> {
    let owner = token["owner"].as_str().expect("a token has an owner");
    let exempt = token["role"] != "fineGrained"
        || is_service_account(document, owner)
        || token["issuedBy"] == "token-exchange";
    if policy != "require-approval" || exempt {
        return None;
    }
    let reason = match token["authorization"]["status"].as_str() {
        Some("approved") => return None,
        Some("denied") => "token_denied",
        _ => "token_pending",
    };
    Some((
        reason,
        "Due to the organization token policy, your token needs to be approved by the organization before you can \
         access this resource.",
    ))
}

fn not_found<T>(
    check: &'static str,
    action: &str,
    resource_type: &str,
    name: &str,
) -> Result<T, Refusal> {
    match resource_type {
        _ if action == "repo.create" => refuse(
            check,
            "role_insufficient",
            format!(
                "You don't have the rights to create a repository under the namespace \"{name}\""
            ),
        ),
        "org" => refuse(check, "not_found", "Organization not found"),
        "user" => refuse(check, "not_found", "User not found"),
        _ => refuse(check, "not_found", "Repository not found"),
    }
}

fn out_of_scope<T>(
    check: &'static str,
    row: &Row,
    resource_type: &str,
    name: &str,
) -> Result<T, Refusal> {
    let permission = row.permissions[0];
    refuse(
        check,
        "token_scope",
        format!(
            "Your token does not have the \"{permission}\" permission for {resource_type} {name}."
        ),
    )
}

/// Whether the token's kind or grants include the action; `home` is the org or user entity.
fn in_scope(token: &Value, row: &Row, home: (&str, &str), resource_type: &str, name: &str) -> bool {
    match token["role"].as_str() {
        Some("read") => row.read_token,
        Some("write") => true,
        _ => {
            if row.action == "discussion.write"
                && has(&token["fineGrained"]["global"], "discussion.write")
            {
                return true;
            }
            let own_grant = grant_on(token, resource_type, name);
            let grant = if is_repository(resource_type) {
                own_grant.or(grant_on(token, home.0, home.1))
            } else {
                own_grant
            };
            grant.is_some_and(|grant| {
                row.permissions
                    .iter()
                    .any(|wanted| has(&grant["permissions"], wanted))
            })
        }
    }
}
