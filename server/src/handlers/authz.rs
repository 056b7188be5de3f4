//! `/authz`: may the request that a gateway is holding pass to the hub? (Contract §7.)
//!
//! The gateway says in headers what it was asked; what such a request needs is the core's table,
//! and whether that is allowed is the core's decision. What is unclear is refused with 403, never
//! 400, which nginx would turn into 500. No cookie is read here.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use tokenward_core::hub::{self, BODY_LIMIT, Demand};
use tokenward_core::{Passage, Timestamp, TokenSecret};

use crate::app::App;
use crate::auth::credential;
use crate::body::read;
use crate::clock;
use crate::config::AuthzHeaders;
use crate::error::{put, sent};

const ORIGINAL: [&str; 2] = ["x-original-method", "x-original-uri"];
/// Where an edge shows its credential: `Authorization` has the token that is asked about.
const EDGE: &str = "x-tokenward-edge";
/// Says `unknown` to whoever is not believed: then the refusal is about them, not about the request.
const BELIEVED: &str = "x-tokenward-gateway";
const FORWARDED: [&str; 2] = ["x-forwarded-method", "x-forwarded-uri"];

/// Whether the caller's word is taken for what the original request was: told once for each request,
/// and kept in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gateway {
    /// A trusted proxy, or an edge.
    Believed,
    /// Anybody else.
    Nobody,
}

/// Forward authorization, called with any method.
pub async fn authz(State(app): State<App>, request: Request) -> Response {
    let now = clock::now();
    let soften = softens(request.uri().query().unwrap_or_default());
    let (parts, body) = request.into_parts();
    let gateway = parts.extensions.get().copied();
    let demand = match gateway {
        Some(Gateway::Believed) => demand(app.settings.authz_headers, &parts, body).await,
        Some(Gateway::Nobody) | None => None,
    };
    let secret = credential(&parts.headers, true);
    let passage = match demand {
        Some(demand) => app.memory().world.judge(demand, secret.as_ref(), now),
        None => Passage::unclear(),
    };
    if let Some(token) = passage.caller.as_ref().and_then(|caller| caller.token) {
        app.used(token, now);
    }
    app.metrics.decided(passage.reason());
    let mut response = response(&passage, soften, now);
    if gateway != Some(Gateway::Believed) {
        put(response.headers_mut(), BELIEVED, "unknown");
    }
    response
}

/// Whether a 404 is to be sent as 403, for gateways that know no 404.
fn softens(query: &str) -> bool {
    query.split('&').any(|pair| pair == "not_found=403")
}

/// Whose word is taken: a trusted proxy's, by its address, and an edge's, by its credential, wherever
/// it calls from.
#[must_use]
pub fn gateway(app: &App, peer: Option<IpAddr>, headers: &HeaderMap) -> Gateway {
    let is_near = peer.is_some_and(|peer| app.settings.trusts(peer));
    match is_near || is_edge(app, headers) {
        true => Gateway::Believed,
        false => Gateway::Nobody,
    }
}

fn is_edge(app: &App, headers: &HeaderMap) -> bool {
    let value = headers.get(EDGE).and_then(|value| value.to_str().ok());
    let secret = value.and_then(|value| TokenSecret::parse(value).ok());
    let digest = secret.map(|secret| secret.digest());
    digest.is_some_and(|digest| app.memory().world.edge_by_digest(&digest).is_some())
}

/// What the original request needs; nothing when it cannot be told, or nobody may do it.
async fn demand(which: AuthzHeaders, parts: &Parts, body: axum::body::Body) -> Option<Demand> {
    let (method, uri) = original(&parts.headers, which)?;
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

fn response(passage: &Passage, soften: bool, now: Timestamp) -> Response {
    let mut response = sent(passage.answer(now));
    if soften && response.status() == StatusCode::NOT_FOUND {
        *response.status_mut() = StatusCode::FORBIDDEN;
        put(response.headers_mut(), "x-tokenward-status", "404");
    }
    response
}
