//! `/authz`: may the request that a gateway is holding pass to the hub? (Contract §7.)
//!
//! The gateway says in headers what it was asked; what such a request needs is the core's table,
//! and whether that is allowed is the core's decision. What is unclear is refused with 403, never
//! 400, which nginx would turn into 500. No cookie is read here.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokenward_core::action::Target;
use tokenward_core::hub::{self, BODY_LIMIT, Demand, Place};
use tokenward_core::{
    Action, DAY, Decision, Name, Presented, Reason, ResourceName, ResourceType, Timestamp, TokenId,
    TokenSecret, World,
};

use crate::app::App;
use crate::auth::credential;
use crate::body::read;
use crate::clock;
use crate::config::{AuthzHeaders, Settings};
use crate::error::{self, denied, put};

const ORIGINAL: [&str; 2] = ["x-original-method", "x-original-uri"];
const FORWARDED: [&str; 2] = ["x-forwarded-method", "x-forwarded-uri"];
/// An allowed answer warns of a token that expires within this time.
const WARN_WITHIN: i64 = 14 * DAY;

/// The owner of a valid token.
struct Caller {
    user: Name,
    token: TokenId,
    expires_at: Option<Timestamp>,
}

/// What is answered.
struct Verdict {
    caller: Option<Caller>,
    /// The organizations whose repositories a listing may show.
    orgs: Option<String>,
    /// Why it may pass, or why not.
    outcome: Result<Reason, Decision>,
}

/// Forward authorization, called with any method.
pub async fn authz(State(app): State<App>, request: Request) -> Response {
    let now = clock::now();
    let soften = softens(request.uri().query().unwrap_or_default());
    let (parts, body) = request.into_parts();
    let demand = demand(&app.settings, &parts, body).await;
    let secret = credential(&parts.headers, true);
    let verdict = match demand {
        Some(demand) => judge(&app.memory().world, demand, secret.as_ref(), now),
        None => Verdict::nobody(Err(Decision::unknown_action())),
    };
    if let Some(caller) = &verdict.caller {
        app.used(caller.token, now);
    }
    app.metrics.decided(verdict.reason());
    verdict.response(soften, now)
}

/// Whether a 404 is to be sent as 403, for gateways that know no 404.
fn softens(query: &str) -> bool {
    query.split('&').any(|pair| pair == "not_found=403")
}

/// What the original request needs; nothing when it cannot be told, or nobody may do it.
async fn demand(settings: &Settings, parts: &Parts, body: axum::body::Body) -> Option<Demand> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    if !settings.trusts(peer.ip()) {
        return None;
    }
    let (method, uri) = original(&parts.headers, settings.authz_headers)?;
    // A body that is too large is not read to its end, and counts as none.
    let body = match parts.method {
        Method::POST => read(body, BODY_LIMIT).await.ok(),
        _ => None,
    };
    hub::judge(method, uri, body.as_deref()).ok()
}

/// The method and URI of the original request, where exactly one pair of headers tells them.
fn original(headers: &HeaderMap, which: AuthzHeaders) -> Option<(&str, &str)> {
    match which {
        AuthzHeaders::Original => pair(headers, ORIGINAL)?,
        AuthzHeaders::Forwarded => pair(headers, FORWARDED)?,
        AuthzHeaders::Auto => match (pair(headers, ORIGINAL)?, pair(headers, FORWARDED)?) {
            (Some(whole), None) | (None, Some(whole)) => Some(whole),
            (Some(_), Some(_)) | (None, None) => None,
        },
    }
}

/// A pair of headers, or that it is not there; nothing for half of one and for repeated headers.
#[expect(
    clippy::option_option,
    reason = "unclear, absent and there are three things"
)]
fn pair<'a>(headers: &'a HeaderMap, names: [&str; 2]) -> Option<Option<(&'a str, &'a str)>> {
    let [method, uri] = names.map(|name| {
        let mut values = headers.get_all(name).iter();
        (values.next(), values.next())
    });
    match (method, uri) {
        ((None, _), (None, _)) => Some(None),
        ((Some(method), None), (Some(uri), None)) => {
            Some(Some((method.to_str().ok()?, uri.to_str().ok()?)))
        }
        _ => None,
    }
}

/// Decides whether what is demanded is allowed.
fn judge(world: &World, demand: Demand, secret: Option<&TokenSecret>, now: Timestamp) -> Verdict {
    if demand == Demand::Public {
        return Verdict::nobody(Ok(Reason::Public));
    }
    let presented = secret.map_or(Presented::Nothing, Presented::Secret);
    let caller = match world.authenticate(presented, now) {
        Ok(view) => Name::parse(view.owner)
            .map(|user| Caller {
                user,
                token: view.id,
                expires_at: view.expires_at,
            })
            .map_err(|_| Decision::unknown_action()),
        Err(decision) => Err(decision),
    };
    match (demand, caller) {
        (Demand::Public, _) => Verdict::nobody(Ok(Reason::Public)),
        // A token that is no good is refused even where none is needed.
        (_, Err(decision)) if decision.reason != Reason::MissingToken => {
            Verdict::nobody(Err(decision))
        }
        (Demand::Any, caller) => Verdict::of(caller, |_| Ok(Reason::Granted)),
        (Demand::Listing, Err(_)) => Verdict {
            orgs: Some(String::new()),
            ..Verdict::nobody(Ok(Reason::Public))
        },
        (Demand::Listing, Ok(caller)) => {
            let orgs = world
                .readable_orgs(Presented::Id(caller.token), now)
                .join(",");
            Verdict {
                caller: Some(caller),
                orgs: Some(orgs),
                outcome: Ok(Reason::Granted),
            }
        }
        (Demand::Needs(needs), caller) => {
            let outcome = all(world, needs, caller.as_ref(), now);
            Verdict {
                caller: caller.ok(),
                orgs: None,
                outcome,
            }
        }
    }
}

/// Every need must be allowed; the first denial is the answer.
fn all(
    world: &World,
    needs: Vec<(Action, Place)>,
    caller: Result<&Caller, &Decision>,
    now: Timestamp,
) -> Result<Reason, Decision> {
    let mut reason = Reason::Public;
    for (action, place) in needs {
        let place = match (place, caller) {
            (place @ (Place::Resource(_) | Place::Namespace(_)), _) => place,
            (place @ (Place::Caller | Place::CallersRepo(..)), Ok(caller)) => {
                place.of_caller(&caller.user)
            }
            (Place::Caller | Place::CallersRepo(..), Err(missing)) => return Err(missing.clone()),
        };
        let resource = resource(world, action, place).ok_or_else(Decision::unknown_action)?;
        let token = caller.map_or(Presented::Nothing, |caller| Presented::Id(caller.token));
        let (action, resource) = (action.as_str(), resource.borrow());
        let decision = world.decide(&tokenward_core::Request {
            token,
            action,
            resource,
            now,
        });
        match decision.reason {
            Reason::Public => {}
            allowed if allowed.allows() => reason = allowed,
            _ => return Err(decision),
        }
    }
    Ok(reason)
}

/// The resource of a place. An action that only organizations know is about an organization even
/// if there is none of that name, so that an unknown one looks like somebody else's.
pub(super) fn resource(world: &World, action: Action, place: Place) -> Option<ResourceName> {
    match place {
        Place::Resource(resource) => Some(resource),
        Place::Namespace(name) => {
            let name = name.as_str();
            let is_org = world.is_organization(name) || action.rule().target == Target::Org;
            let kind = if is_org {
                ResourceType::Org
            } else {
                ResourceType::User
            };
            ResourceName::new(kind, name).ok()
        }
        Place::Caller | Place::CallersRepo(..) => None,
    }
}

impl Verdict {
    fn nobody(outcome: Result<Reason, Decision>) -> Self {
        Self {
            caller: None,
            orgs: None,
            outcome,
        }
    }

    fn of(
        caller: Result<Caller, Decision>,
        outcome: impl FnOnce(&Caller) -> Result<Reason, Decision>,
    ) -> Self {
        match caller {
            Ok(caller) => Self {
                outcome: outcome(&caller),
                orgs: None,
                caller: Some(caller),
            },
            Err(decision) => Self::nobody(Err(decision)),
        }
    }

    fn reason(&self) -> Reason {
        match &self.outcome {
            Ok(reason) => *reason,
            Err(decision) => decision.reason,
        }
    }

    fn response(self, soften: bool, now: Timestamp) -> Response {
        let reason = self.reason();
        let mut response = match self.outcome {
            Ok(_) => StatusCode::OK.into_response(),
            Err(decision) => denied(&decision, error::Place::Authz),
        };
        let allowed = response.status() == StatusCode::OK;
        if soften && response.status() == StatusCode::NOT_FOUND {
            *response.status_mut() = StatusCode::FORBIDDEN;
            put(response.headers_mut(), "x-tokenward-status", "404");
        }
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        put(headers, "x-tokenward-reason", reason.as_str());
        let (user, token) = match &self.caller {
            Some(caller) => (caller.user.as_str(), caller.token.to_string()),
            None => ("", String::new()),
        };
        put(headers, "x-tokenward-user", user);
        put(headers, "x-tokenward-token-id", &token);
        if let Some(orgs) = &self.orgs {
            put(headers, "x-tokenward-orgs", orgs);
        }
        if let Some(at) = self
            .caller
            .and_then(|caller| caller.expires_at)
            .filter(|_| allowed)
            && at.as_millis().saturating_sub(now.as_millis()) <= WARN_WITHIN
        {
            put(
                headers,
                "x-hf-warning",
                &format!("token; Your token expires at {at}."),
            );
        }
        response
    }
}
