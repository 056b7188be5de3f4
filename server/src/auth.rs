//! The enforcement point: who calls, and whether they may.
//!
//! Every handler takes a [`Ctx`]; what it may do is asked of the engine, never decided here.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use tokenward_core::{
    Action, Actor, ActorToken, Decision, EdgeCredential, Name, Presented, Reason, Request,
    Resource, ResourceType, Timestamp, TokenDigest, TokenId, TokenKind, TokenSecret, Via,
};

use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::governance::{self, Done, Order, Retired};
use crate::memory::Memory;

/// Paths on which the password of `Basic` counts for every method, not only for GET.
const BASIC_EVERYWHERE: &[&str] = &["/authz", "/api/authz/check", "/api/authz/filter"];

/// A call: the server, the caller and the time.
#[derive(Clone)]
pub struct Ctx {
    /// The server.
    pub app: App,
    /// Who calls.
    pub caller: Caller,
    /// When.
    pub now: Timestamp,
}

/// Who calls.
#[derive(Clone)]
pub enum Caller {
    /// Nobody, or somebody whose credential is no good: the 401 that says so.
    Refused(Box<Decision>),
    /// The owner of a token.
    Token(Bearer),
    /// A hub.
    Hub(ActorToken),
    /// An edge.
    Edge(Box<EdgeCredential>),
}

/// The owner of a token that was shown.
#[derive(Clone)]
pub struct Bearer {
    /// The owner.
    pub user: Name,
    /// The token.
    pub token: ActorToken,
    /// The digest of the value that was shown: a rotation makes it another's.
    digest: TokenDigest,
}

impl FromRequestParts<App> for Ctx {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let basic = parts.method == Method::GET || BASIC_EVERYWHERE.contains(&parts.uri.path());
        let now = clock::now();
        let caller = identify(app, credential(&parts.headers, basic).as_ref(), now);
        Ok(Self {
            app: app.clone(),
            caller,
            now,
        })
    }
}

/// The token of a request: of `Bearer`, or the password of `Basic` where that counts.
///
/// Two headers can be read in two ways: they count as a token that nobody knows, never as none.
#[must_use]
pub fn credential(headers: &HeaderMap, basic: bool) -> Option<TokenSecret> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?;
    match (value.to_str(), values.next()) {
        (Ok(text), None) if basic => TokenSecret::of_authorization(text),
        (Ok(text), None) => TokenSecret::of_bearer(text),
        (Err(_), _) | (_, Some(_)) => Some(TokenSecret::unreadable()),
    }
}

fn identify(app: &App, secret: Option<&TokenSecret>, now: Timestamp) -> Caller {
    let memory = app.memory();
    let presented = secret.map_or(Presented::Nothing, Presented::Secret);
    let last4 = || secret.map(|secret| secret.last4().into());
    if let Some(id) = secret.and_then(|secret| memory.hubs.get(&secret.digest())) {
        return Caller::Hub(ActorToken {
            id: *id,
            role: TokenKind::Write,
            last4: last4(),
        });
    }
    let edge = secret.and_then(|secret| memory.world.edge_by_digest(&secret.digest()));
    if let Some(edge) = edge {
        return Caller::Edge(Box::new(edge.clone()));
    }
    let view = match memory.world.authenticate(presented, now) {
        Ok(view) => view,
        Err(decision) => return Caller::Refused(Box::new(decision)),
    };
    let Ok(user) = Name::parse(view.owner) else {
        return Caller::Refused(Box::new(nobody(&memory, now)));
    };
    let token = ActorToken {
        id: view.id,
        role: view.kind,
        last4: last4(),
    };
    app.used(view.id, now);
    let digest = secret.map_or_else(|| TokenDigest::of(&[]), TokenSecret::digest);
    Caller::Token(Bearer {
        user,
        token,
        digest,
    })
}

fn nobody(memory: &Memory, now: Timestamp) -> Decision {
    match memory.world.authenticate(Presented::Nothing, now) {
        Err(decision) => decision,
        Ok(_) => unreachable!("no token authenticates nobody"),
    }
}

impl Ctx {
    /// The owner of the token that was shown.
    ///
    /// # Errors
    /// 401 when there is none; a hub's credential is no token here.
    pub fn bearer(&self) -> Result<&Bearer, ApiError> {
        match &self.caller {
            Caller::Token(bearer) => Ok(bearer),
            Caller::Refused(decision) => Err(ApiError::Denied(decision.clone())),
            Caller::Hub(_) => Err(foreign_hub()),
            Caller::Edge(_) => Err(foreign_edge()),
        }
    }

    /// The owner of the token, who must administer the site, as things are in `memory`; the token
    /// must be an unscoped one that may write.
    ///
    /// # Errors
    /// 401 or 403.
    pub fn site_admin(&self, memory: &Memory) -> Result<&Bearer, ApiError> {
        let bearer = self.bearer()?;
        if bearer.token.role == TokenKind::Write && memory.site_admins.contains(&bearer.user) {
            return Ok(bearer);
        }
        let text = "This operation is for the site administrator.";
        Err(ApiError::forbidden(Reason::RoleInsufficient, text))
    }

    /// Carries out a command for the caller, whose credential must still be good when it is the
    /// command's turn: a change that came first may have rotated, deleted or suspended it.
    ///
    /// # Errors
    /// As [`governance::run`].
    pub async fn run(
        &self,
        order: &Order,
        permit: impl Fn(&Memory) -> Result<(), ApiError> + Send + Sync,
    ) -> Result<Done, ApiError> {
        let permit = |memory: &Memory| self.still_good(memory).and_then(|()| permit(memory));
        governance::run(&self.app, order, permit).await
    }

    /// The same for a command that is made of the newest state.
    ///
    /// # Errors
    /// As [`governance::run_found`].
    pub async fn run_found(
        &self,
        retired: Option<TokenDigest>,
        find: impl Fn(&Memory, Option<Retired>) -> Result<Option<Order>, ApiError> + Send + Sync,
        permit: impl Fn(&Memory) -> Result<(), ApiError> + Send + Sync,
    ) -> Result<Option<Done>, ApiError> {
        let permit = |memory: &Memory| self.still_good(memory).and_then(|()| permit(memory));
        governance::run_found(&self.app, retired, find, permit).await
    }

    fn still_good(&self, memory: &Memory) -> Result<(), ApiError> {
        let bearer = match &self.caller {
            Caller::Hub(_) => return Ok(()),
            Caller::Token(_) | Caller::Refused(_) | Caller::Edge(_) => self.bearer()?,
        };
        let id = bearer.token.id;
        let unknown = TokenSecret::unreadable();
        let presented = match memory.world.find(&bearer.digest) == Some(id) {
            true => Presented::Id(id),
            false => Presented::Secret(&unknown),
        };
        let known = memory.world.authenticate(presented, self.now);
        known.map(|_| ()).map_err(ApiError::from)
    }

    /// What the caller shows, for the engine.
    #[must_use]
    pub fn presented(&self) -> Presented<'static> {
        match &self.caller {
            Caller::Token(bearer) => Presented::Id(bearer.token.id),
            Caller::Refused(_) | Caller::Hub(_) | Caller::Edge(_) => Presented::Nothing,
        }
    }

    /// Asks the engine whether the caller may do something to an organization.
    ///
    /// # Errors
    /// The denial.
    pub fn may(&self, memory: &Memory, action: Action, org: &Name) -> Result<(), ApiError> {
        self.bearer()?;
        let resource = Resource::new(ResourceType::Org, org.as_str())?;
        self.decide(memory, action, resource).map(|_| ())
    }

    /// The same for a caller who has been here for a while, and whose token may have changed.
    ///
    /// # Errors
    /// The denial.
    pub fn may_still(&self, memory: &Memory, action: Action, org: &Name) -> Result<(), ApiError> {
        self.still_good(memory)?;
        self.may(memory, action, org)
    }

    /// The edge that calls, which must be one of this organization still.
    ///
    /// # Errors
    /// 401, 403 when the caller is no edge, or 404.
    pub fn edge_of(&self, memory: &Memory, org: &Name) -> Result<&EdgeCredential, ApiError> {
        let edge = match &self.caller {
            Caller::Edge(edge) => edge,
            Caller::Refused(decision) => return Err(ApiError::Denied(decision.clone())),
            Caller::Token(_) | Caller::Hub(_) => {
                let text = "This call is for edges, with a credential of theirs.";
                return Err(ApiError::forbidden(Reason::TokenScope, text));
            }
        };
        if memory.world.edge_by_digest(&edge.digest).is_none() {
            return Err(nobody(memory, self.now).into());
        }
        match edge.org == *org {
            true => Ok(edge),
            false => Err(ApiError::not_found("Organization not found")),
        }
    }

    /// Asks the engine whether the caller may do something.
    ///
    /// # Errors
    /// The denial.
    pub fn decide(
        &self,
        memory: &Memory,
        action: Action,
        resource: Resource<'_>,
    ) -> Result<Decision, ApiError> {
        if let Caller::Refused(decision) = &self.caller
            && decision.reason != Reason::MissingToken
        {
            return Err(ApiError::Denied(decision.clone()));
        }
        let token = self.presented();
        let request = Request {
            token,
            action: action.as_str(),
            resource,
            now: self.now,
        };
        let decision = memory.world.decide(&request);
        self.app.metrics.decided(decision.reason);
        if decision.is_allowed() {
            Ok(decision)
        } else {
            Err(decision.into())
        }
    }

    /// The caller, as the one who makes a change.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match &self.caller {
            Caller::Token(bearer) => Actor {
                user: Some(bearer.user.clone()),
                via: Via::Token(bearer.token.clone()),
            },
            Caller::Hub(token) => Actor {
                user: None,
                via: Via::Hub(token.clone()),
            },
            Caller::Refused(_) | Caller::Edge(_) => Actor::NOBODY,
        }
    }

    /// The caller as the site administrator who stands in for a user's session.
    #[must_use]
    pub fn session_actor(&self) -> Actor {
        let actor = self.actor();
        let via = Via::Session(actor.token().cloned());
        Actor {
            user: actor.user,
            via,
        }
    }

    /// Whether this very token is the credential of the call.
    #[must_use]
    pub fn calls_with(&self, id: TokenId) -> bool {
        self.actor().calls_with(id)
    }
}

fn foreign_edge() -> ApiError {
    ApiError::forbidden(
        Reason::TokenScope,
        "An edge's credential can fetch snapshots only.",
    )
}

fn foreign_hub() -> ApiError {
    ApiError::forbidden(
        Reason::TokenScope,
        "A hub's credential can list repositories only.",
    )
}
