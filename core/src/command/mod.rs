//! Commands: facts and a wish in, a change or a refusal out.
//!
//! Contract §6, and §2 on who makes tokens. Nothing here writes anything: the host commits the
//! [`Change`] as a whole, and nothing of it when that fails. Whether the caller may call at all is
//! decided before, by the same checks as everything else.

mod draft;
mod edge;
mod member;
mod org;
mod repository;
mod review;
mod token;
mod user;
mod widening;

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::actor::Actor;
use crate::change::Change;
use crate::edge::EdgeCredential;
use crate::error::ParseError;
use crate::ids::{DisplayName, EdgeName, GroupName, Name, TokenId};
use crate::organization::{Member, Visibility};
use crate::policy::{Plan, TokenPolicy};
use crate::reason::Reason;
use crate::resource::ResourceName;
use crate::role::Role;
use crate::secret::{TokenDigest, scan};
use crate::timestamp::Timestamp;
use crate::token::{Standing, Token, TokenKind};
use crate::user::User;
use crate::world::World;

pub(crate) use draft::Draft;
pub use token::{NewToken, TokenPatch};

/// What somebody wants to change. Names and ids are parsed; whether they exist is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make an organization.
    CreateOrganization {
        /// Its name.
        name: Name,
        /// What it pays for.
        plan: Plan,
        /// Which tokens it accepts.
        policy: TokenPolicy,
    },
    /// Change what an organization pays for.
    SetPlan {
        /// The organization.
        org: Name,
        /// The plan.
        plan: Plan,
    },
    /// Change which tokens an organization accepts.
    SetPolicy {
        /// The organization.
        org: Name,
        /// The policy.
        policy: TokenPolicy,
        /// Even if it blocks the calling token.
        force: bool,
    },
    /// Decide about a token that names an organization, or revoke it there.
    Review {
        /// The organization.
        org: Name,
        /// The token.
        token: TokenId,
        /// What is decided.
        verdict: Verdict,
        /// Why.
        reason: Option<String>,
    },
    /// Give a member a role, in the organization and perhaps in its resource groups.
    PutMember {
        /// The organization.
        org: Name,
        /// The user.
        user: Name,
        /// The role in the organization.
        role: Role,
        /// The roles in all resource groups; nothing leaves them as they are.
        groups: Option<Vec<(GroupName, Role)>>,
    },
    /// Take somebody out of an organization.
    RemoveMember {
        /// The organization.
        org: Name,
        /// The user.
        user: Name,
    },
    /// Make a resource group, or set who is in it.
    PutGroup {
        /// The organization.
        org: Name,
        /// The group.
        name: GroupName,
        /// Who is in it.
        members: Vec<Member>,
    },
    /// Delete a resource group.
    DeleteGroup {
        /// The organization.
        org: Name,
        /// The group.
        name: GroupName,
    },
    /// List a repository, or change how it is listed.
    PutRepository {
        /// Which.
        resource: ResourceName,
        /// What changes.
        patch: RepositoryPatch,
    },
    /// List a repository no longer, and remove the grants on it.
    DeleteRepository {
        /// Which.
        resource: ResourceName,
    },
    /// Make a user.
    CreateUser(User),
    /// Change a user.
    UpdateUser {
        /// Whom.
        name: Name,
        /// What changes.
        patch: UserPatch,
    },
    /// Make a token.
    CreateToken(NewToken),
    /// Change a token.
    UpdateToken {
        /// Which.
        id: TokenId,
        /// What changes.
        patch: TokenPatch,
    },
    /// Give a token a new value.
    RotateToken {
        /// Which.
        id: TokenId,
        /// The digest of the new value.
        digest: TokenDigest,
        /// Its last four characters.
        last4: String,
    },
    /// Delete a token.
    DeleteToken {
        /// Which.
        id: TokenId,
        /// Because somebody reported its value: its owner is told.
        leaked: bool,
    },
    /// Give an edge a credential for an organization's snapshots.
    IssueEdgeCredential(EdgeCredential),
    /// Take it away.
    WithdrawEdgeCredential {
        /// The organization.
        org: Name,
        /// The edge.
        name: EdgeName,
        /// Because somebody reported its value.
        leaked: bool,
    },
}

/// What an administrator decides about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may be used.
    Approve,
    /// It may not be used for now.
    Deny,
    /// It may never be used here again.
    Revoke,
}

/// What changes of a listed repository; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryPatch {
    /// Who can see it.
    pub visibility: Option<Visibility>,
    /// Whether readers from outside must be let in.
    pub gated: Option<bool>,
    /// Who has been let in.
    pub gated_users: Option<Vec<Name>>,
    /// The resource group; `Some(None)` takes it out of its group.
    pub resource_group: Option<Option<GroupName>>,
    /// Who created it; `Some(None)` is nobody known.
    pub created_by: Option<Option<Name>>,
}

/// What changes of a user; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// The name that people read; `Some(None)` removes it.
    pub fullname: Option<Option<String>>,
    /// The mail address; `Some(None)` removes it.
    pub email: Option<Option<String>>,
    /// Whether the address has been confirmed.
    pub email_confirmed: Option<bool>,
    /// Whether all tokens of the user are refused.
    pub suspended: Option<bool>,
}

/// What a command needs beside the index: the full rows of the tokens and the user that it is
/// about. [`Command::tokens`] and [`Command::user`] say which.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Tokens.
    pub tokens: Vec<Token>,
    /// What organizations think of these tokens.
    pub standings: Vec<(TokenId, Name, Standing)>,
    /// The user.
    pub user: Option<User>,
    /// Whether the name that a command wants to take has been taken before.
    pub name_taken: bool,
}

impl Details {
    pub(crate) fn token(&self, id: TokenId) -> Option<&Token> {
        self.tokens.iter().find(|token| token.id == id)
    }

    pub(crate) fn standing(&self, id: TokenId, org: &Name) -> Standing {
        let found = self
            .standings
            .iter()
            .find(|(token, of, _)| *token == id && of == org);
        found
            .map(|(_, _, standing)| standing.clone())
            .unwrap_or_default()
    }
}

/// Why a command is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// What it is about does not exist, or is none of the caller's business: HTTP 404.
    NotFound(&'static str),
    /// The caller may not: HTTP 403.
    Forbidden(Reason, String),
    /// It does not go with the present state: HTTP 409.
    Conflict(&'static str, String),
    /// The organization's plan does not have it: HTTP 402.
    Plan(Plan, &'static str),
    /// A name or value that cannot be: HTTP 400.
    BadInput(ParseError),
}

impl From<ParseError> for Refusal {
    fn from(error: ParseError) -> Self {
        Self::BadInput(error)
    }
}

impl Command {
    /// The tokens whose full rows [`apply`] needs.
    #[must_use]
    pub fn tokens(&self, world: &World) -> Vec<TokenId> {
        match self {
            // A new name is compared with those of the owner's other tokens.
            Self::UpdateToken { id, patch } => match world.owner(*id) {
                Some(owner) if patch.display_name.is_some() => world.tokens_of(owner),
                _ => alloc::vec![*id],
            },
            Self::Review { token: id, .. }
            | Self::RotateToken { id, .. }
            | Self::DeleteToken { id, .. } => alloc::vec![*id],
            Self::RemoveMember { user, .. } => world.tokens_of(user.as_str()),
            Self::CreateToken(new) => world.tokens_of(new.owner.as_str()),
            Self::DeleteRepository { resource } => world.tokens_granted(&resource.borrow()),
            Self::CreateOrganization { .. }
            | Self::SetPlan { .. }
            | Self::SetPolicy { .. }
            | Self::PutMember { .. }
            | Self::PutGroup { .. }
            | Self::DeleteGroup { .. }
            | Self::PutRepository { .. }
            | Self::CreateUser(_)
            | Self::UpdateUser { .. }
            | Self::IssueEdgeCredential(_)
            | Self::WithdrawEdgeCredential { .. } => Vec::new(),
        }
    }

    /// The user whose row [`apply`] needs.
    #[must_use]
    pub const fn user(&self) -> Option<&Name> {
        match self {
            Self::UpdateUser { name, .. } | Self::PutMember { user: name, .. } => Some(name),
            _ => None,
        }
    }

    /// The name that the command wants to take.
    #[must_use]
    pub const fn new_name(&self) -> Option<&Name> {
        match self {
            Self::CreateOrganization { name, .. } => Some(name),
            Self::CreateUser(user) => Some(&user.name),
            _ => None,
        }
    }

    /// The organization that the command is sent to, whose generation a caller may insist on.
    #[must_use]
    pub fn org(&self) -> Option<&Name> {
        match self {
            Self::SetPlan { org, .. }
            | Self::SetPolicy { org, .. }
            | Self::Review { org, .. }
            | Self::PutMember { org, .. }
            | Self::RemoveMember { org, .. }
            | Self::PutGroup { org, .. }
            | Self::DeleteGroup { org, .. }
            | Self::WithdrawEdgeCredential { org, .. } => Some(org),
            Self::IssueEdgeCredential(credential) => Some(&credential.org),
            _ => None,
        }
    }
}

/// Carries out a command on the world as it is: what would have to change, or why not.
///
/// An empty change means that the world is so already: nothing is written, nobody is told.
///
/// # Errors
/// A [`Refusal`] when contract §2 or §6 forbids the command.
pub fn apply(
    world: &World,
    details: &Details,
    actor: &Actor,
    command: &Command,
    now: Timestamp,
) -> Result<Change, Refusal> {
    let mut draft = Draft::new(world, details, actor, now);
    match command {
        Command::CreateOrganization { name, plan, policy } => {
            org::create(&mut draft, name, *plan, *policy)?;
        }
        Command::SetPlan { org, plan } => org::set_plan(&mut draft, org, *plan)?,
        Command::SetPolicy { org, policy, force } => {
            org::set_policy(&mut draft, org, *policy, *force)?;
        }
        Command::Review {
            org,
            token,
            verdict,
            reason,
        } => {
            review::review(&mut draft, org, *token, *verdict, reason.as_deref())?;
        }
        Command::PutMember {
            org,
            user,
            role,
            groups,
        } => {
            member::put(&mut draft, org, user, *role, groups.as_deref())?;
        }
        Command::RemoveMember { org, user } => member::remove(&mut draft, org, user)?,
        Command::PutGroup { org, name, members } => {
            member::put_group(&mut draft, org, name, members)?;
        }
        Command::DeleteGroup { org, name } => member::delete_group(&mut draft, org, name)?,
        Command::PutRepository { resource, patch } => {
            repository::put(&mut draft, resource, patch)?;
        }
        Command::DeleteRepository { resource } => repository::delete(&mut draft, resource)?,
        Command::CreateUser(user) => user::create(&mut draft, user)?,
        Command::UpdateUser { name, patch } => user::update(&mut draft, name, patch)?,
        Command::CreateToken(new) => token::create(&mut draft, new)?,
        Command::UpdateToken { id, patch } => token::update(&mut draft, *id, patch)?,
        Command::RotateToken { id, digest, last4 } => {
            token::rotate(&mut draft, *id, *digest, last4)?;
        }
        Command::DeleteToken { id, leaked } => token::delete(&mut draft, *id, *leaked)?,
        Command::IssueEdgeCredential(credential) => edge::issue(&mut draft, credential)?,
        Command::WithdrawEdgeCredential { org, name, leaked } => {
            edge::withdraw(&mut draft, org, name, *leaked)?;
        }
    }
    Ok(draft.finish())
}

/// A JSON object of the fields that are there.
pub(crate) fn data<const N: usize>(fields: [(&str, Value); N]) -> serde_json::Map<String, Value> {
    let there = fields.into_iter().filter(|(_, value)| !value.is_null());
    there
        .map(|(key, value)| (String::from(key), value))
        .collect()
}

/// Whether a token of this kind makes or changes tokens (contract §2).
pub(crate) const fn may_make_tokens(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Write)
}

/// Checks that a new display name is unique among an owner's tokens, and holds no token: names are
/// stored, listed and mailed, and what was pasted by mistake stays out of all of it (contract §2).
pub(crate) fn check_title(
    details: &Details,
    owner: &Name,
    title: &DisplayName,
    except: Option<TokenId>,
) -> Result<(), Refusal> {
    if !scan(title.as_str()).is_empty() {
        return Err(ParseError::new("displayName", "may not hold a token").into());
    }
    let taken = details.tokens.iter().any(|token| {
        token.owner == *owner
            && Some(token.id) != except
            && token.display_name.as_ref() == Some(title)
    });
    if taken {
        let text = String::from("You already have a token with this displayName.");
        return Err(Refusal::Conflict("display_name", text));
    }
    Ok(())
}
