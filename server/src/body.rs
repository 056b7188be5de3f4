//! Request bodies: JSON, small, strict.
//!
//! A body is read whole before the handler runs, but judged only when the handler asks for it, so
//! that who may not call learns that first.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use tokenward_core::mask;

use crate::app::App;
use crate::error::ApiError;

/// The largest body that is read.
pub const LIMIT: usize = 1024 * 1024;

/// A body that has been read and not yet judged.
pub struct Body {
    bytes: Result<Bytes, (StatusCode, &'static str)>,
    is_json: bool,
}

impl FromRequest<App> for Body {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _: &App) -> Result<Self, Self::Rejection> {
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(is_json);
        Ok(Self {
            bytes: read(request.into_body(), LIMIT).await,
            is_json,
        })
    }
}

/// Reads a body up to a limit.
///
/// # Errors
/// The status and text for a body that is too large, or breaks off.
pub async fn read(
    body: axum::body::Body,
    limit: usize,
) -> Result<Bytes, (StatusCode, &'static str)> {
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is larger than 1 MiB.",
        )),
        Err(_) => Err((StatusCode::BAD_REQUEST, "The body could not be read.")),
    }
}

fn is_json(value: &str) -> bool {
    let kind = value.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

impl Body {
    /// The body as a value.
    ///
    /// # Errors
    /// 400, 413 or 415.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let bytes = self.bytes()?;
        if !self.is_json {
            let text = "The body must be application/json.";
            return Err(ApiError::Bad(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                text.into(),
            ));
        }
        parse(bytes)
    }

    /// The body as a value whose fields are all optional, so that there may be no body.
    ///
    /// # Errors
    /// 400, 413 or 415.
    pub fn optional<T: DeserializeOwned + Default>(&self) -> Result<T, ApiError> {
        if self.bytes()?.is_empty() {
            Ok(T::default())
        } else {
            self.json()
        }
    }

    fn bytes(&self) -> Result<&Bytes, ApiError> {
        self.bytes
            .as_ref()
            .map_err(|(status, text)| ApiError::Bad(*status, (*text).to_owned()))
    }
}

/// Parses JSON; the message never repeats anything that looks like a token.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| ApiError::bad("The body is not valid UTF-8."))?;
    // Serde would also take an array of the fields' values.
    if !text.trim_start().starts_with('{') {
        return Err(ApiError::bad(
            "The body is not what this call takes: it must be an object.",
        ));
    }
    serde_json::from_str(text).map_err(|error| {
        let text: String = mask(&error.to_string()).chars().take(300).collect();
        ApiError::bad(format!("The body is not what this call takes: {text}"))
    })
}
