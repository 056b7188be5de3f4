//! What a request is about: a repository, an organization or a user.
//!
//! Contract §3.4. Only the form is checked here; whether the thing exists is not known.

use alloc::string::String;
use core::fmt;

use compact_str::{CompactString, ToCompactString};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::ParseError;
use crate::ids::{check_name, check_repo_name};
use crate::map_only::map_only;

/// The type of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResourceType {
    /// A model repository.
    Model,
    /// A dataset repository.
    Dataset,
    /// A space.
    Space,
    /// A kernel repository.
    Kernel,
    /// A storage bucket.
    Bucket,
    /// An organization.
    Org,
    /// A user's own namespace.
    User,
}

impl ResourceType {
    /// All types, in the order of the contract.
    pub const ALL: [Self; 7] = [
        Self::Model,
        Self::Dataset,
        Self::Space,
        Self::Kernel,
        Self::Bucket,
        Self::Org,
        Self::User,
    ];

    /// The type's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Dataset => "dataset",
            Self::Space => "space",
            Self::Kernel => "kernel",
            Self::Bucket => "bucket",
            Self::Org => "org",
            Self::User => "user",
        }
    }

    /// Parses a type's name.
    ///
    /// # Errors
    /// When there is no such type.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or(ParseError::new(
            "resource type",
            "is none of those that exist",
        ))
    }

    /// Whether resources of this type are repositories, named `namespace/name`.
    #[must_use]
    pub const fn is_repo(self) -> bool {
        match self {
            Self::Model | Self::Dataset | Self::Space | Self::Kernel | Self::Bucket => true,
            Self::Org | Self::User => false,
        }
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A resource by type and name, borrowed from a request.
///
/// ```
/// use tokenward_core::{Resource, ResourceType};
/// let repo = Resource::parse("model:acme/bert").unwrap();
/// assert_eq!(repo.kind(), ResourceType::Model);
/// assert_eq!((repo.namespace(), repo.repo()), ("acme", Some("bert")));
/// assert!(Resource::parse("org:acme/bert").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resource<'a> {
    kind: ResourceType,
    namespace: &'a str,
    /// Empty for an organization or a user.
    repo: &'a str,
    name: &'a str,
}

impl<'a> Resource<'a> {
    /// An organization whose name nobody can take.
    pub(crate) const NOBODY: Self = Self {
        kind: ResourceType::Org,
        namespace: "-",
        repo: "",
        name: "-",
    };

    /// Parses `type:name`.
    ///
    /// # Errors
    /// When the type is unknown or the name breaks the rules of contract §1.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let error = || ParseError::new("resource", "must be `type:name` or an object of both");
        let (kind, name) = split(text, b':').ok_or_else(error)?;
        Self::new(ResourceType::parse(kind)?, name)
    }

    /// A resource of this type and name.
    ///
    /// # Errors
    /// When the name breaks the rules of contract §1 for its type.
    pub fn new(kind: ResourceType, name: &'a str) -> Result<Self, ParseError> {
        if !kind.is_repo() {
            check_name(name)?;
            return Ok(Self {
                kind,
                namespace: name,
                repo: "",
                name,
            });
        }
        let error = || ParseError::new("repository name", "must be `namespace/name`");
        let (namespace, repo) = split(name, b'/').ok_or_else(error)?;
        check_name(namespace)?;
        check_repo_name(repo)?;
        Ok(Self {
            kind,
            namespace,
            repo,
            name,
        })
    }

    /// The resource's type.
    #[must_use]
    pub const fn kind(&self) -> ResourceType {
        self.kind
    }

    /// The organization or user that it belongs to, or is.
    #[must_use]
    pub const fn namespace(&self) -> &'a str {
        self.namespace
    }

    /// The part after the slash, for repositories.
    #[must_use]
    pub const fn repo(&self) -> Option<&'a str> {
        if self.repo.is_empty() {
            None
        } else {
            Some(self.repo)
        }
    }

    /// The whole name: `acme/bert`, `acme`.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The same resource, owning its name.
    #[must_use]
    pub fn to_owned(&self) -> ResourceName {
        ResourceName {
            kind: self.kind,
            name: self.name.to_compact_string(),
        }
    }
}

/// What stands before and behind the first of these ASCII characters: for short texts quicker than
/// searching for it.
fn split(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == at)?;
    let (before, rest) = text.split_at_checked(place)?;
    Some((before, rest.get(1..)?))
}

impl fmt::Display for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

/// A resource by type and name that owns its name. On the wire an object or `type:name`; written
/// as an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ResourceName {
    #[serde(rename = "type")]
    kind: ResourceType,
    name: CompactString,
}

impl ResourceName {
    /// Parses `type:name`.
    ///
    /// # Errors
    /// As [`Resource::parse`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Resource::parse(text).map(|resource| resource.to_owned())
    }

    /// A resource of this type and name.
    ///
    /// # Errors
    /// As [`Resource::new`].
    pub fn new(kind: ResourceType, name: &str) -> Result<Self, ParseError> {
        Resource::new(kind, name).map(|resource| resource.to_owned())
    }

    /// The borrowed form, ready to be decided about.
    #[must_use]
    pub fn borrow(&self) -> Resource<'_> {
        let name = self.name.as_str();
        let (namespace, repo) = name.split_once('/').unwrap_or((name, ""));
        Resource {
            kind: self.kind,
            namespace,
            repo,
            name,
        }
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.borrow(), f)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
struct WireObject {
    r#type: ResourceType,
    name: String,
}

map_only!(WireObject);

impl<'de> Deserialize<'de> for ResourceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Spelt)
    }
}

/// Reads a resource in either spelling.
struct Spelt;

impl<'de> Visitor<'de> for Spelt {
    type Value = ResourceName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`type:name` or an object of `type` and `name`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ResourceName, E> {
        ResourceName::parse(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ResourceName, A::Error> {
        let object = WireObject::deserialize(MapAccessDeserializer::new(map))?;
        ResourceName::new(object.r#type, &object.name).map_err(de::Error::custom)
    }
}
