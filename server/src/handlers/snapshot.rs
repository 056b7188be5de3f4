//! Snapshots for edges: the keys, the newest manifest, its blocks, all of it in one file, and a
//! stream of every manifest that follows.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use tokenward_core::snapshot::{BlockHash, Bundle, Parts};
use tokenward_core::{Action, Name, Timestamp};
use tokio::sync::watch;

use super::paging::Query;
use super::path::{self, Params};
use crate::app::App;
use crate::auth::{Caller, Ctx};
use crate::clock;
use crate::error::{ApiError, put};
use crate::memory::Memory;
use crate::snapshots::receipts::{self, Heard};
use crate::snapshots::{self, Published};
use crate::store::Reader;

/// How often a stream says that it lives, and looks whether its reader still may read.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How much of a bundle is sent at once, in bytes.
const PIECE: usize = 128 * 1024;
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// The keys that manifests are verified with.
pub async fn keys(State(app): State<App>) -> impl IntoResponse {
    let jwks = app.snapshots.keys().jwks(clock::now()).to_string();
    // Short: a key that was stolen must be forgotten soon.
    let headers = [
        (CONTENT_TYPE, "application/jwk-set+json"),
        (CACHE_CONTROL, "public, max-age=60"),
    ];
    (headers, jwks)
}

/// The newest manifest, sealed.
pub async fn manifest(
    ctx: Ctx,
    Params(org): Params<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    let reading = Reading::begin(&ctx, &org, &headers).await?;
    let published = snapshots::newest(&ctx.app, &org).await?;
    reading.is_handed(&published).await?;
    let mut answer = described(&published);
    if unchanged(&headers, &published) {
        return Ok((StatusCode::NOT_MODIFIED, answer).into_response());
    }
    answer.insert(CONTENT_TYPE, BYTES);
    Ok((answer, published.sealed.clone()).into_response())
}

/// The newest snapshot in one file.
pub async fn bundle(
    ctx: Ctx,
    Params(org): Params<String>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    may_read(&ctx, &ctx.app.memory(), &org)?;
    query.only(&["parts"])?;
    let parts = match query.value("parts") {
        None | Some("all") => Parts::All,
        Some("decisions") => Parts::Decisions,
        Some(_) => return Err(ApiError::bad("`parts` is `all` or `decisions`.")),
    };
    let reading = Reading::begin(&ctx, &org, &headers).await?;
    let (published, bundle) = snapshots::bundle(&ctx.app, &org, parts).await?;
    reading.is_handed(&published).await?;
    let mut answer = described(&published);
    if unchanged(&headers, &published) {
        return Ok((StatusCode::NOT_MODIFIED, answer).into_response());
    }
    answer.insert(CONTENT_TYPE, BYTES);
    answer.insert(CONTENT_LENGTH, HeaderValue::from(bundle.size()));
    Ok((answer, Body::from_stream(pieces(bundle))).into_response())
}

/// A bundle a piece at a time: however many fetch it, it is never in memory as a whole.
fn pieces(bundle: Bundle) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let mut next = 0;
    stream::iter(std::iter::from_fn(move || {
        let mut piece = Vec::new();
        while piece.len() < PIECE
            && let Some(more) = bundle.piece(next)
        {
            piece.extend(more);
            next += 1;
        }
        (!piece.is_empty()).then(|| Ok(Bytes::from(piece)))
    }))
}

/// A page or a block, which never changes.
pub async fn block(
    ctx: Ctx,
    Params((org, hash)): Params<(String, String)>,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    may_read(&ctx, &ctx.app.memory(), &org)?;
    let missing = || ApiError::not_found("Block not found");
    let hash = BlockHash::parse(&hash).map_err(|_| missing())?;
    let block = snapshots::block(&ctx.app, &org, &hash)
        .await
        .ok_or_else(missing)?;
    let mut answer = HeaderMap::new();
    answer.insert(CONTENT_TYPE, BYTES);
    let for_ever = HeaderValue::from_static("private, max-age=31536000, immutable");
    answer.insert(CACHE_CONTROL, for_ever);
    answer.insert(VARY, HeaderValue::from_static("Authorization"));
    Ok((answer, block).into_response())
}

/// Every manifest from now on, beginning with the newest.
pub async fn events(
    ctx: Ctx,
    Params(org): Params<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let org = path::org(&org)?;
    let reading = Reading::begin(&ctx, &org, &headers).await?;
    let instance = reading.instance.to_owned();
    let published = snapshots::newest(&ctx.app, &org).await?;
    reading.is_handed(&published).await?;
    let mut newest = ctx.app.snapshots.follow(&org);
    // What is newest now, which may be newer than what was looked at before.
    let tag = newest
        .borrow_and_update()
        .as_ref()
        .map(|newest| newest.tag.clone());
    let held = headers.get("last-event-id").map(HeaderValue::as_bytes);
    if held != tag.as_ref().map(String::as_bytes) {
        newest.mark_changed();
    }
    let closing = ctx.app.snapshots.closing();
    let stream = Following {
        ctx,
        org,
        instance,
        newest,
        closing,
    };
    let mut answer = Sse::new(stream::unfold(stream, Following::next)).into_response();
    // A proxy that gathers answers would keep a revocation back.
    put(answer.headers_mut(), "x-accel-buffering", "no");
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// One reader of a stream.
struct Following {
    ctx: Ctx,
    org: Name,
    instance: String,
    newest: watch::Receiver<Option<Arc<Published>>>,
    closing: watch::Receiver<bool>,
}

impl Following {
    /// The next event; none any more when the reader may not read, or the server stops.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let changed = tokio::select! {
            changed = self.newest.changed() => { changed.ok()?; true }
            () = clock::pause(HEARTBEAT) => false,
            _ = self.closing.wait_for(|closing| *closing) => return None,
        };
        self.ctx.now = clock::now();
        let reader = may_read(&self.ctx, &self.ctx.app.memory(), &self.org).ok()?;
        let newest = match changed {
            true => self.newest.borrow_and_update().clone(),
            false => None,
        };
        let event = match newest {
            Some(published) => {
                let handed = Heard::handed(published.stamp.expires);
                receipts::note(&self.ctx.app, &self.org, &reader, &self.instance, handed)
                    .await
                    .ok()?;
                Event::default()
                    .event("manifest")
                    .id(&published.tag)
                    .data(&published.text)
            }
            None => Event::default().comment("still here"),
        };
        Some((Ok(event), self))
    }
}

/// As whom the caller may fetch snapshots of an organization: with `org.tokens.read`, or as an edge
/// whose credential has not been withdrawn.
///
/// # Errors
/// The denial.
pub(super) fn may_read(ctx: &Ctx, memory: &Memory, org: &Name) -> Result<Reader, ApiError> {
    match &ctx.caller {
        Caller::Edge(_) => Ok(Reader::Edge(ctx.edge_of(memory, org)?.name.clone())),
        Caller::Refused(_) | Caller::Token(_) | Caller::Hub(_) => {
            ctx.may_still(memory, Action::OrgTokensRead, org)?;
            Ok(Reader::Token(ctx.bearer()?.token.id))
        }
    }
}

/// What a manifest is, in headers.
fn described(published: &Published) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let generation = published.generation.to_string();
    put(&mut headers, "x-tokenward-generation", &generation);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(tag) = HeaderValue::try_from(tag(published)) {
        headers.insert(ETAG, tag);
    }
    headers
}

fn tag(published: &Published) -> String {
    format!("\"{}\"", published.tag)
}

fn unchanged(headers: &HeaderMap, published: &Published) -> bool {
    let tag = tag(published);
    let mut held = headers.get_all(IF_NONE_MATCH).iter();
    held.any(|held| {
        let held = held.to_str().unwrap_or_default().split(',');
        held.map(|held| held.trim().trim_start_matches("W/"))
            .any(|held| held == tag || held == "*")
    })
}

/// Somebody who reads snapshots of an organization.
struct Reading<'a> {
    app: &'a App,
    org: &'a Name,
    reader: Reader,
    /// Which of the reader's processes.
    instance: &'a str,
}

impl<'a> Reading<'a> {
    /// Notes that a reader is about to be handed what is newest, and what it says in the headers of
    /// the fetch that it has applied; then learns what other servers have changed. In this order:
    /// whoever waits for a generation hears of the reader, or the reader is handed that generation.
    async fn begin(ctx: &'a Ctx, org: &'a Name, headers: &'a HeaderMap) -> Result<Self, ApiError> {
        let reading = Self {
            app: &ctx.app,
            org,
            reader: may_read(ctx, &ctx.app.memory(), org)?,
            instance: instance(headers)?,
        };
        let applied = match headers.get("x-tokenward-applied") {
            None => None,
            Some(text) => Some(applied(&ctx.app, org, text).await?),
        };
        let lifetime = ctx.app.snapshots.lifetime;
        let handed = Timestamp::from_millis(clock::now().as_millis() + lifetime);
        reading.note(Heard { applied, handed }).await?;
        ctx.app.follow().await?;
        Ok(reading)
    }

    /// Notes that it is handed this.
    async fn is_handed(&self, published: &Published) -> Result<(), ApiError> {
        self.note(Heard::handed(published.stamp.expires)).await
    }

    async fn note(&self, heard: Heard) -> Result<(), ApiError> {
        receipts::note(self.app, self.org, &self.reader, self.instance, heard).await
    }
}

/// The generation that a reader says that it has applied.
async fn applied(app: &App, org: &Name, text: &HeaderValue) -> Result<u64, ApiError> {
    let generation = text.to_str().ok().and_then(|text| text.parse().ok());
    match generation {
        Some(generation) if super::edges::is_made(app, org, generation).await? => Ok(generation),
        Some(_) | None => {
            let text = "`X-Tokenward-Applied` must be a generation that there has been.";
            Err(ApiError::bad(text))
        }
    }
}

/// Which of a reader's processes calls.
fn instance(headers: &HeaderMap) -> Result<&str, ApiError> {
    match headers.get("x-tokenward-instance") {
        None => Ok(super::edges::ONLY),
        Some(value) => super::edges::check_instance(value.to_str().unwrap_or_default()),
    }
}
