//! The server about itself: whether it lives, whether it can work, its numbers, its endpoints.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokenward_core::Name;

use crate::app::App;
use crate::clock;
use crate::error::problem;
use crate::metrics::Present;
use crate::openapi;

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// The process is alive. Nothing is asked of anybody: this is as cheap as an answer can be.
pub async fn health() -> Json<impl Serialize> {
    Json(Health { status: "ok" })
}

/// The database answers.
pub async fn ready(State(app): State<App>) -> Response {
    match app.store.journal_head().await {
        Ok(_) => Json(Health { status: "ready" }).into_response(),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            let text = "The database does not answer.";
            problem(StatusCode::SERVICE_UNAVAILABLE, text, HeaderMap::new())
        }
    }
}

/// Numbers in the text format of Prometheus.
pub async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let present = present(&app);
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        app.metrics.render(&present),
    )
}

fn present(app: &App) -> Present {
    let memory = app.memory();
    let ages = app.snapshots.ages(clock::now());
    let oldest = ages.into_iter().max().unwrap_or_default() / 1000;
    let newest = |org: &Name| memory.world.generation(org.as_str());
    Present {
        tokens: memory.world.token_count().try_into().unwrap_or(u64::MAX),
        oldest_manifest: oldest.try_into().unwrap_or_default(),
        edges: app.snapshots.receipts.counts(newest, clock::now()),
    }
}

/// The list of endpoints, for programs.
pub async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi::text())
}
