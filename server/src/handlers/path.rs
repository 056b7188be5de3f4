//! Path parameters: parsed at the edge; what cannot be a name names nothing.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use tokenward_core::{GroupName, Name, ParseError, ResourceName, ResourceType, TokenId};

use crate::app::App;
use crate::error::ApiError;

/// The parameters of a path.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let parsed = Path::<T>::from_request_parts(parts, app).await;
        parsed
            .map(|Path(params)| Self(params))
            .map_err(|_| ApiError::bad("The path is not valid."))
    }
}

/// An organization's name.
///
/// # Errors
/// 404 when it cannot be one.
pub fn org(text: &str) -> Result<Name, ApiError> {
    Name::parse(text).map_err(|_| ApiError::not_found("Organization not found"))
}

/// A user's name.
///
/// # Errors
/// 404 when it cannot be one.
pub fn user(text: &str) -> Result<Name, ApiError> {
    Name::parse(text).map_err(|_| ApiError::not_found("User not found"))
}

/// A token's id.
///
/// # Errors
/// 404 when it cannot be one.
pub fn token(text: &str) -> Result<TokenId, ApiError> {
    TokenId::parse(text).map_err(|_| ApiError::not_found("Token not found"))
}

/// The name of a resource group that may be made.
///
/// # Errors
/// 400 when it cannot be one.
pub fn group(text: &str) -> Result<GroupName, ApiError> {
    Ok(GroupName::parse(text)?)
}

/// A repository that may be listed: its namespace is the organization.
///
/// # Errors
/// 400 for a name or type that cannot be, 404 for another namespace.
pub fn repository(
    org: &Name,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Result<ResourceName, ApiError> {
    let kind = ResourceType::parse(kind)?;
    if !kind.is_repo() {
        return Err(ParseError::new("resource type", "must be a type of repository").into());
    }
    let resource = ResourceName::new(kind, &format!("{namespace}/{name}"))?;
    if namespace == org.as_str() {
        Ok(resource)
    } else {
        Err(ApiError::not_found("Repository not found"))
    }
}
