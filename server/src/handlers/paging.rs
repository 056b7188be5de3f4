//! Pages of listings: `limit`, `cursor`, and the `Link` to the next page.

use axum::extract::{FromRequestParts, RawQuery};
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokenward_core::{Timestamp, TokenId};

use crate::app::App;
use crate::error::ApiError;

/// The largest page, and the page that one gets without asking.
const LARGEST: usize = 100;

/// The query of a call, each parameter once.
pub struct Query {
    pairs: Vec<(String, String)>,
    path: String,
}

impl FromRequestParts<App> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let RawQuery(raw) = RawQuery::from_request_parts(parts, app)
            .await
            .unwrap_or(RawQuery(None));
        let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(&raw.unwrap_or_default())
            .map_err(|_| ApiError::bad("The query is not valid."))?;
        Ok(Self {
            pairs,
            path: path_of(&parts.uri),
        })
    }
}

fn path_of(uri: &Uri) -> String {
    uri.path().to_owned()
}

impl Query {
    /// Checks that only these parameters are there, each at most once.
    ///
    /// # Errors
    /// 400 that names the one that is not.
    pub fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        for (at, (key, _)) in self.pairs.iter().enumerate() {
            let twice = self
                .pairs
                .iter()
                .skip(at + 1)
                .any(|(other, _)| other == key);
            if twice || !known.contains(&key.as_str()) {
                let key = tokenward_core::mask(key);
                let why = if twice {
                    "stands there twice"
                } else {
                    "is unknown"
                };
                return Err(ApiError::bad(format!("The query parameter `{key}` {why}.")));
            }
        }
        Ok(())
    }

    /// A parameter's value.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// How many items a page may have.
    ///
    /// # Errors
    /// 400 outside 1 to 100.
    pub fn limit(&self) -> Result<usize, ApiError> {
        let Some(text) = self.value("limit") else {
            return Ok(LARGEST);
        };
        match text.parse() {
            Ok(limit) if (1..=LARGEST).contains(&limit) => Ok(limit),
            _ => Err(ApiError::bad("`limit` must be between 1 and 100.")),
        }
    }

    /// One page of a list that is sorted by its keys: the items behind the cursor, which need not
    /// be there any more.
    ///
    /// # Errors
    /// 400 for a limit or cursor that is none.
    pub fn page<'a, T>(
        &self,
        sorted: &'a [T],
        key: impl Fn(&T) -> String,
    ) -> Result<(&'a [T], Option<String>), ApiError> {
        let limit = self.limit()?;
        let cursor = self.value("cursor").unwrap_or_default();
        if cursor.len() > 64
            || !cursor
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err(ApiError::bad("`cursor` is none that this server gave."));
        }
        let start = sorted.partition_point(|item| key(item).as_str() <= cursor);
        let rest = sorted.get(start..).unwrap_or_default();
        let page = rest.get(..limit).unwrap_or(rest);
        let next = (page.len() < rest.len())
            .then(|| page.last().map(&key))
            .flatten();
        Ok((page, next))
    }

    /// Adds the `Link` to the next page, if there is one.
    #[must_use]
    pub fn linked(&self, mut response: Response, app: &App, next: Option<String>) -> Response {
        let Some(cursor) = next else { return response };
        let mut query: Vec<String> = self
            .pairs
            .iter()
            .filter(|(key, _)| key != "cursor")
            .map(|(key, value)| pair(key, value))
            .collect();
        query.push(pair("cursor", &cursor));
        let (base, path) = (&app.settings.public_url, &self.path);
        let link = format!("<{base}{path}?{}>; rel=\"next\"", query.join("&"));
        if let Ok(value) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(LINK, value);
        }
        response
    }
}

fn pair(key: &str, value: &str) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!("{}={}", encode(key), encode(value))
}

/// The key under which tokens are listed: oldest first, and the same for as long as they live or
/// until they are rotated.
#[must_use]
pub fn token_key(created_at: Timestamp, id: TokenId) -> String {
    // Moved up so that times before 1970 sort first too.
    format!("{:016x}{id}", created_at.as_millis().wrapping_sub(i64::MIN))
}
