//! Everything that can go wrong with a call, and the one place that turns it into an answer.
//!
//! Contract §7, "Answers". The text of an internal error is logged, never sent.

use axum::Json;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokenward_core::{Answer, Decision, Door, ParseError, Plan, Reason, Refusal, in_header};

use crate::store::StoreError;

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
            Self::Denied(decision) => denied(&decision, Door::Api),
            Self::Refused(refusal) => refused(refusal),
            Self::Stale(generation) => {
                let text =
                    format!("The organization has moved on: it is at generation {generation}.");
                problem(StatusCode::CONFLICT, &text, HeaderMap::new())
            }
            Self::Bad(status, message) => problem(status, &message, HeaderMap::new()),
            Self::Internal(error) => failed(&error),
        }
    }
}

/// What went wrong on our side: for now, where it is the database that does not answer.
fn failed(error: &anyhow::Error) -> Response {
    tracing::error!(error = format!("{error:#}"), "internal error");
    let mut headers = HeaderMap::new();
    let Some(StoreError::Unavailable(_)) = error.downcast_ref() else {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return problem(status, "Something went wrong on our side.", headers);
    };
    put(&mut headers, "retry-after", "1");
    let text = "The database does not answer. Try again in a moment.";
    problem(StatusCode::SERVICE_UNAVAILABLE, text, headers)
}

/// A denial as an answer, with the Hub's headers.
pub fn denied(decision: &Decision, door: Door) -> Response {
    sent(decision.answer(door))
}

/// An answer of the engine's in the shape that all answers have.
pub fn sent(answer: Answer) -> Response {
    let mut headers = HeaderMap::new();
    for (name, text) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let status = status(answer.status);
    match answer.error {
        Some(text) => problem(status, &text, headers),
        None => {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            (status, headers).into_response()
        }
    }
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

/// Sets a header to a text that may come from outside.
pub fn put(headers: &mut HeaderMap, name: &'static str, text: &str) {
    if let Ok(value) = HeaderValue::try_from(in_header(text)) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_may_be_tried_again() {
        for (error, status, retry) in [
            (StoreError::Unavailable("away".into()), 503, true),
            (StoreError::Other("code 1".into()), 500, false),
        ] {
            let response = ApiError::from(error).into_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key("retry-after"), retry);
        }
    }
}
