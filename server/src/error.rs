//! Everything that can go wrong with a call, and the one place that turns it into an answer.
//!
//! Contract §7, "Answers". The text of an internal error is logged, never sent.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokenward_core::{Decision, ParseError, Plan, Reason, Refusal};

use crate::store::StoreError;

/// What the header of a 401 says whose cause is the token that was sent (H§6.1, row 7).
pub const INVALID_CREDENTIALS: &str = "Invalid credentials in Authorization header";
const BEARER: &str = "Bearer realm=\"Authentication required\", charset=\"UTF-8\"";

/// A call that is not answered as it was meant.
#[derive(Debug)]
pub enum ApiError {
    /// The engine says no.
    Denied(Box<Decision>),
    /// The command does not go with the present state.
    Refused(Refusal),
    /// The organization has moved on since the caller looked.
    Stale(u64),
    /// The request itself is no good.
    Bad(StatusCode, String),
    /// Something is broken on this side.
    Internal(anyhow::Error),
}

impl ApiError {
    /// 400, with what is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::Bad(StatusCode::BAD_REQUEST, message.into())
    }

    /// 404, with what is missing.
    #[must_use]
    pub const fn not_found(what: &'static str) -> Self {
        Self::Refused(Refusal::NotFound(what))
    }

    /// 403 for a reason of the engine's.
    pub fn forbidden(reason: Reason, message: impl Into<String>) -> Self {
        Self::Refused(Refusal::Forbidden(reason, message.into()))
    }
}

impl From<Decision> for ApiError {
    fn from(decision: Decision) -> Self {
        Self::Denied(Box::new(decision))
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ParseError> for ApiError {
    fn from(error: ParseError) -> Self {
        Self::bad(error.to_string())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Denied(decision) => denied(&decision, Place::Elsewhere),
            Self::Refused(refusal) => refused(refusal),
            Self::Stale(generation) => {
                let text =
                    format!("The organization has moved on: it is at generation {generation}.");
                problem(StatusCode::CONFLICT, &text, HeaderMap::new())
            }
            Self::Bad(status, message) => problem(status, &message, HeaderMap::new()),
            Self::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "internal error");
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                problem(
                    status,
                    "Something went wrong on our side.",
                    HeaderMap::new(),
                )
            }
        }
    }
}

/// Where a decision is answered: two places word a 401 in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `whoami-v2`.
    Whoami,
    /// `/authz`, where git must be asked for a password.
    Authz,
    /// Everywhere else.
    Elsewhere,
}

/// A denial as an answer, with the Hub's headers.
pub fn denied(decision: &Decision, place: Place) -> Response {
    let status = status(decision.status);
    let text = decision.message.as_deref().unwrap_or_default();
    let mut headers = HeaderMap::new();
    put(&mut headers, "x-tokenward-reason", decision.reason.as_str());
    if let Some(code) = decision.error_code {
        put(&mut headers, "x-error-code", code);
    }
    if let Some(remedy) = &decision.remedy {
        put(&mut headers, "x-tokenward-remedy", &remedy.text);
    }
    if status != StatusCode::UNAUTHORIZED {
        return problem(status, text, headers);
    }
    if place == Place::Authz {
        headers.append(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"Tokenward\""),
        );
    }
    headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(BEARER));
    if decision.reason == Reason::MissingToken {
        return problem(status, text, headers);
    }
    let generic = if place == Place::Whoami {
        "Invalid username or password."
    } else {
        INVALID_CREDENTIALS
    };
    put(&mut headers, "x-error-message", generic);
    if decision.reason == Reason::InvalidToken {
        return problem(status, generic, headers);
    }
    put(&mut headers, "x-hf-warning", &format!("token; {text}"));
    problem(status, text, headers)
}

fn refused(refusal: Refusal) -> Response {
    let mut headers = HeaderMap::new();
    match refusal {
        Refusal::NotFound(what) => {
            put(
                &mut headers,
                "x-tokenward-reason",
                Reason::NotFound.as_str(),
            );
            if what == "Repository not found" {
                put(&mut headers, "x-error-code", "RepoNotFound");
            }
            problem(StatusCode::NOT_FOUND, what, headers)
        }
        Refusal::Forbidden(reason, text) => {
            put(&mut headers, "x-tokenward-reason", reason.as_str());
            problem(StatusCode::FORBIDDEN, &text, headers)
        }
        Refusal::Conflict(code, text) => {
            put(&mut headers, "x-tokenward-reason", code);
            problem(StatusCode::CONFLICT, &text, headers)
        }
        Refusal::Plan(plan, what) => problem(
            StatusCode::PAYMENT_REQUIRED,
            &plan_text(plan, what),
            headers,
        ),
        Refusal::BadInput(error) => problem(StatusCode::BAD_REQUEST, &error.to_string(), headers),
    }
}

fn plan_text(plan: Plan, what: &str) -> String {
    format!("{what} need the {} plan or a higher one.", plan.title())
}

/// An error answer: the same text in the body and, unless it is there already, in the header.
pub fn problem(status: StatusCode, text: &str, mut headers: HeaderMap) -> Response {
    if !headers.contains_key("x-error-message") {
        put(&mut headers, "x-error-message", text);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (status, headers, Json(json!({ "error": text }))).into_response()
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Sets a header to a text that may come from outside: control characters are left out, and a
/// question mark stands for whatever is not ASCII, since clients read headers in different ways.
pub fn put(headers: &mut HeaderMap, name: &'static str, text: &str) {
    let ascii = |c: char| if c.is_ascii() { c } else { '?' };
    let visible = text.chars().filter(|c| !c.is_control());
    let clean: String = visible.map(ascii).collect();
    if let Ok(value) = HeaderValue::try_from(clean) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
