//! The handlers: take the call apart, ask the core, answer. One file for each subject.

pub mod audit;
pub mod authz;
pub mod check;
pub mod credentials;
pub mod edges;
pub mod explain;
pub mod items;
pub mod members;
pub mod organizations;
pub mod own_tokens;
pub mod paging;
pub mod path;
pub mod policy;
pub mod repositories;
pub mod review;
pub mod service;
pub mod snapshot;
pub mod users;
pub mod whoami;

use axum::Json;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::put;
use crate::governance::Done;

/// An answer that depends on a token.
pub fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (status, headers, Json(body)).into_response()
}

/// The answer to a change, with the generation at which it can be seen.
pub fn changed(done: &Done, status: StatusCode, body: &impl Serialize) -> Response {
    with_generation(answer(status, body), done)
}

/// The answer to a change that leaves nothing to show.
pub fn gone(done: &Done) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    with_generation((StatusCode::NO_CONTENT, headers).into_response(), done)
}

fn with_generation(mut response: Response, done: &Done) -> Response {
    put(
        response.headers_mut(),
        "x-tokenward-generation",
        &done.generation.to_string(),
    );
    response
}
