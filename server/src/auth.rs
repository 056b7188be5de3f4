//! The enforcement point: who calls, and whether they may.
//!
//! Every handler takes a [`Ctx`]; what it may do is asked of the engine, never decided here.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokenward_core::{
    Action, Actor, ActorToken, Decision, Name, Presented, Reason, Request, Resource, ResourceType,
    Timestamp, TokenId, TokenKind, TokenSecret, Via,
};

use crate::app::App;
use crate::clock;
use crate::error::ApiError;
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
}

/// The owner of a token that was shown.
#[derive(Clone)]
pub struct Bearer {
    /// The owner.
    pub user: Name,
    /// The token.
    pub token: ActorToken,
    /// Whether the owner administers the site and the token is an unscoped one that may write.
    pub site_admin: bool,
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
/// Something unreadable counts as a token that nobody knows, never as none.
#[must_use]
pub fn credential(headers: &HeaderMap, basic: bool) -> Option<TokenSecret> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return unreadable();
    }
    let Ok(text) = value.to_str() else {
        return unreadable();
    };
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let token = if scheme.eq_ignore_ascii_case("bearer") {
        rest.trim().to_owned()
    } else if basic && scheme.eq_ignore_ascii_case("basic") {
        match STANDARD.decode(rest.trim()).map(String::from_utf8) {
            Ok(Ok(pair)) => pair
                .split_once(':')
                .map(|(_, password)| password.to_owned())?,
            _ => return unreadable(),
        }
    } else {
        return None;
    };
    TokenSecret::parse(&token).ok()
}

/// A string that cannot be a token.
fn unreadable() -> Option<TokenSecret> {
    TokenSecret::parse(" ").ok()
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
    let view = match memory.world.authenticate(presented, now) {
        Ok(view) => view,
        Err(decision) => return Caller::Refused(Box::new(decision)),
    };
    let Ok(user) = Name::parse(view.owner) else {
        return Caller::Refused(Box::new(nobody(&memory, now)));
    };
    let site_admin = view.kind == TokenKind::Write && memory.site_admins.contains(&user);
    let token = ActorToken {
        id: view.id,
        role: view.kind,
        last4: last4(),
    };
    app.used(view.id, now);
    Caller::Token(Bearer {
        user,
        token,
        site_admin,
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
        }
    }

    /// The owner of the token, who must administer the site.
    ///
    /// # Errors
    /// 401 or 403.
    pub fn site_admin(&self) -> Result<&Bearer, ApiError> {
        let bearer = self.bearer()?;
        // Asked again of the newest state: a change may have come between.
        if bearer.site_admin && self.app.memory().site_admins.contains(&bearer.user) {
            return Ok(bearer);
        }
        let text = "This operation is for the site administrator.";
        Err(ApiError::forbidden(Reason::RoleInsufficient, text))
    }

    /// Whether the caller administers the site.
    #[must_use]
    pub fn is_site_admin(&self) -> bool {
        self.site_admin().is_ok()
    }

    /// What the caller shows, for the engine.
    #[must_use]
    pub fn presented(&self) -> Presented<'static> {
        match &self.caller {
            Caller::Token(bearer) => Presented::Id(bearer.token.id),
            Caller::Refused(_) | Caller::Hub(_) => Presented::Nothing,
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
            Caller::Refused(_) => Actor::NOBODY,
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

fn foreign_hub() -> ApiError {
    ApiError::forbidden(
        Reason::TokenScope,
        "A hub's credential can list repositories only.",
    )
}
