//! Requests whose target or direction is in the JSON body.
//!
//! Only the fields that are judged are read; the others are the hub's business.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Place, Refusal};
use crate::action::Action;
use crate::ids::{Name, check_repo_name};
use crate::resource::{ResourceName, ResourceType};

/// A longer body is not judged (contract §7).
pub const BODY_LIMIT: usize = 64 * 1024;

/// Which fields of a body say what the request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// `{name, organization?, type?}`: a new repository.
    Create,
    /// `{name, organization?, type?}`: a repository to delete.
    Delete,
    /// `{fromRepo, toRepo, type?}`
    Move,
    /// `{repository}`: the copy of the path's repository.
    Duplicate,
    /// `{target: {type, name}}`: where files of the path's repository are copied to.
    CopyFiles,
    /// `{namespace}`: whose the new collection is.
    Collection,
    /// `{operation}`: `upload` or `download`; without a body it counts as a write.
    LfsBatch,
}

type Needs = Vec<(Action, Place)>;

impl Body {
    /// What a request with this body needs; `repo` is the repository that the path names.
    pub(super) fn judge(
        self,
        repo: Option<ResourceName>,
        body: Option<&[u8]>,
    ) -> Result<Needs, Refusal> {
        let of_path = || repo.map(Place::Resource).ok_or(Refusal::NotListed);
        let Some(body) = body.filter(|body| !body.is_empty() && body.len() <= BODY_LIMIT) else {
            return match self {
                Self::LfsBatch => Ok(vec![(Action::RepoWrite, of_path()?)]),
                _ => Err(Refusal::NeedsBody),
            };
        };
        let body = serde_json::from_slice::<Json>(body).map_err(|_| Refusal::BadBody)?;
        match self {
            Self::Create => {
                let (_, _, owner) = new_repo(&body)?;
                Ok(vec![(
                    Action::RepoCreate,
                    owner.map_or(Place::Caller, Place::Namespace),
                )])
            }
            Self::Delete => Ok(vec![(Action::RepoAdmin, deleted(&body)?)]),
            Self::Move => moved(&body),
            Self::Duplicate => {
                let source = of_path()?;
                let target = body
                    .text("repository")
                    .and_then(|name| repository(ResourceType::Model, name))?;
                Ok(vec![
                    (Action::RepoContentRead, source),
                    (Action::RepoCreate, namespace_of(&target)?),
                ])
            }
            Self::CopyFiles => {
                let target = body.field("target")?.ok_or(Refusal::BadBody)?;
                let target = repository(repo_type(target.text("type")?)?, target.text("name")?)?;
                Ok(vec![
                    (Action::RepoContentRead, of_path()?),
                    (Action::RepoWrite, Place::Resource(target)),
                ])
            }
            Self::Collection => Ok(vec![(
                Action::CollectionWrite,
                namespace(body.text("namespace")?)?,
            )]),
            Self::LfsBatch => Ok(vec![(lfs_action(&body)?, of_path()?)]),
        }
    }
}

fn new_repo(body: &Json) -> Result<(ResourceType, &str, Option<Name>), Refusal> {
    let kind = type_or_model(body)?;
    let name = body.text("name")?;
    check_repo_name(name).map_err(|_| Refusal::BadBody)?;
    let owner = match body.field("organization")? {
        None | Some(Json::Null) => None,
        Some(Json::Text(owner)) => Some(Name::parse(owner).map_err(|_| Refusal::BadBody)?),
        Some(Json::Object(_) | Json::Other) => return Err(Refusal::BadBody),
    };
    Ok((kind, name, owner))
}

fn deleted(body: &Json) -> Result<Place, Refusal> {
    let (kind, name, owner) = new_repo(body)?;
    let Some(owner) = owner else {
        return Ok(Place::CallersRepo(kind, name.into()));
    };
    repository(kind, &alloc::format!("{owner}/{name}")).map(Place::Resource)
}

fn moved(body: &Json) -> Result<Needs, Refusal> {
    let kind = type_or_model(body)?;
    let from = repository(kind, body.text("fromRepo")?)?;
    let to = repository(kind, body.text("toRepo")?)?;
    Ok(vec![
        (Action::RepoAdmin, Place::Resource(from)),
        (Action::RepoCreate, namespace_of(&to)?),
    ])
}

fn lfs_action(body: &Json) -> Result<Action, Refusal> {
    match body.text("operation")? {
        "download" => Ok(Action::RepoContentRead),
        "upload" => Ok(Action::RepoWrite),
        _ => Err(Refusal::BadBody),
    }
}

fn type_or_model(body: &Json) -> Result<ResourceType, Refusal> {
    match body.field("type")? {
        None => Ok(ResourceType::Model),
        Some(_) => repo_type(body.text("type")?),
    }
}

fn repo_type(text: &str) -> Result<ResourceType, Refusal> {
    let kind = ResourceType::parse(text).map_err(|_| Refusal::BadBody)?;
    if kind.is_repo() {
        Ok(kind)
    } else {
        Err(Refusal::BadBody)
    }
}

fn repository(kind: ResourceType, name: &str) -> Result<ResourceName, Refusal> {
    ResourceName::new(kind, name).map_err(|_| Refusal::BadBody)
}

fn namespace(name: &str) -> Result<Place, Refusal> {
    Name::parse(name)
        .map(Place::Namespace)
        .map_err(|_| Refusal::BadBody)
}

fn namespace_of(repo: &ResourceName) -> Result<Place, Refusal> {
    namespace(repo.borrow().namespace())
}

/// A JSON value, as far as one is judged; no object in it repeats a key, not even in another case.
enum Json {
    Null,
    Text(String),
    Object(Vec<(String, Self)>),
    Other,
}

impl Json {
    /// A field of an object, if it is there; refused when it is there in other letters.
    fn field(&self, name: &str) -> Result<Option<&Self>, Refusal> {
        let Self::Object(fields) = self else {
            return Err(Refusal::BadBody);
        };
        match fields
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
        {
            Some((key, _)) if key != name => Err(Refusal::BadBody),
            field => Ok(field.map(|(_, value)| value)),
        }
    }

    /// A field that must be there and be text.
    fn text(&self, name: &str) -> Result<&str, Refusal> {
        match self.field(name)? {
            Some(Self::Text(text)) => Ok(text),
            None | Some(Self::Null | Self::Object(_) | Self::Other) => Err(Refusal::BadBody),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated keys")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.into()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        while seq.next_element::<Json>()?.is_some() {}
        Ok(Json::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut seen = BTreeSet::new();
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            // Keys are ASCII in all bodies; some parsers fold other letters into ASCII ones.
            if !key.is_ascii() || !seen.insert(key.to_ascii_lowercase()) {
                return Err(A::Error::custom("a repeated or odd key"));
            }
            fields.push((key, value));
        }
        Ok(Json::Object(fields))
    }
}
