//! HTTP around the handlers: connections, limits, request ids, logs, and the shape of errors that
//! no handler has made.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use crate::clock::{self, Stopwatch};
use crate::error::{problem, put};
use crate::handlers::authz::{self, Gateway};
use crate::rate_limit::{Allowance, WINDOW};
use crate::{endpoints, mint};

/// How long a client may take to send its headers.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long a request may take as a whole.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// How much room a request's head may take.
const HEAD_SIZE: usize = 64 * 1024;
/// How long requests in hand are waited for when the server stops.
const PATIENCE: Duration = Duration::from_secs(30);

/// The call that works without a credential, and counts against its address all the same.
const REPORT: &str = "/api/credentials/revoke";

/// All endpoints with everything that stands around them.
pub fn router(app: App) -> Router {
    endpoints::router()
        .fallback(|| async { problem(StatusCode::NOT_FOUND, "Not found", HeaderMap::new()) })
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                tracing::error!("a handler panicked");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            },
        ))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            REQUEST_TIME,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// Counts, logs and completes every answer.
async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let request_id = request_id();
    let stopwatch = Stopwatch::start();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let pattern = path.as_ref().map_or("-", MatchedPath::as_str).to_owned();
    let refused = |peer| {
        let allowance = app.rate_limit.failed(peer, clock::now());
        allowance.exceeded.then(|| too_many(allowance))
    };
    // What anybody may do is counted before it is done, so that it is not done past the limit.
    let early = peer.filter(|_| pattern == REPORT).and_then(refused);
    let gateway = (pattern == "/authz").then(|| authz::gateway(&app, peer, request.headers()));
    if let Some(gateway) = gateway {
        request.extensions_mut().insert(gateway);
    }
    let mut response = match early {
        Some(response) => response,
        None => complete(next.run(request).await),
    };
    let late = response.status() == StatusCode::UNAUTHORIZED && pattern != REPORT;
    // Whoever asks for others limits them itself.
    let limits = gateway == Some(Gateway::Believed);
    if let Some(peer) = peer.filter(|_| late && !limits) {
        response = refused(peer).unwrap_or(response);
    }
    put(response.headers_mut(), "x-request-id", &request_id);
    let status = response.status().as_u16();
    app.metrics.answered(status);
    let micros = stopwatch.micros();
    // The pattern, never the path: somebody may have put a token into it.
    tracing::info!(request_id, %method, path = pattern, status, micros, "answered");
    response
}

fn request_id() -> String {
    mint::bytes::<12>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn too_many(allowance: Allowance) -> Response {
    let Allowance { limit, reset, .. } = allowance;
    let text = "Too many failing calls from your address. Try again later.";
    let mut headers = HeaderMap::new();
    put(&mut headers, "ratelimit", &format!("\"api\";r=0;t={reset}"));
    let policy = format!("\"fixed window\";\"api\";q={limit};w={WINDOW}");
    put(&mut headers, "ratelimit-policy", &policy);
    headers.insert(RETRY_AFTER, HeaderValue::from(reset));
    problem(StatusCode::TOO_MANY_REQUESTS, text, headers)
}

/// Gives errors that no handler has made the shape of those that handlers make.
fn complete(response: Response) -> Response {
    let status = response.status();
    let ours = response.headers().contains_key("x-error-message");
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let text = match status {
        StatusCode::METHOD_NOT_ALLOWED => "This method is not allowed here.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long.",
        StatusCode::INTERNAL_SERVER_ERROR => "Something went wrong on our side.",
        other => other.canonical_reason().unwrap_or("Error"),
    };
    let mut headers = response.headers().clone();
    headers.remove(CONTENT_TYPE);
    headers.remove("content-length");
    problem(status, text, headers)
}

/// Answers connections until `stop` is done, and then finishes the requests in hand.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()> + Send) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(stream, peer, router.clone(), &graceful),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    clock::pause(Duration::from_millis(50)).await;
                }
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => tracing::info!("stopped"),
        () = clock::pause(PATIENCE) => tracing::warn!("stopped with requests in hand"),
    }
}

fn connect(stream: TcpStream, peer: SocketAddr, router: Router, graceful: &GracefulShutdown) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let router = router.layer(axum::Extension(ConnectInfo(peer)));
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEAD_SIZE);
    let service = TowerToHyperService::new(router);
    let connection = builder
        .serve_connection(TokioIo::new(stream), service)
        .into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error, "a connection broke");
        }
    });
}
