//! Requests whose target or direction is in the JSON body.
//!
//! Only the fields that are judged are read; the others are the hub's business.

use alloc::vec;
use alloc::vec::Vec;

use super::{Place, Refusal};
use crate::action::Action;
use crate::ids::{Name, check_repo_name};
use crate::json::Json;
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
        let body = Json::read(body).ok_or(Refusal::BadBody)?;
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

/// What of a body is no good is refused.
trait Fields {
    fn field(&self, name: &str) -> Result<Option<&Json>, Refusal>;
    fn text(&self, name: &str) -> Result<&str, Refusal>;
}

impl Fields for Json {
    /// A field of an object, if it is there; refused when it is there in other letters.
    fn field(&self, name: &str) -> Result<Option<&Json>, Refusal> {
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
        let field = self.field(name)?;
        field.and_then(Json::as_text).ok_or(Refusal::BadBody)
    }
}

fn new_repo(body: &Json) -> Result<(ResourceType, &str, Option<Name>), Refusal> {
    let kind = type_or_model(body)?;
    let name = body.text("name")?;
    check_repo_name(name).map_err(|_| Refusal::BadBody)?;
    let owner = match body.field("organization")? {
        None | Some(Json::Null) => None,
        Some(Json::Text(owner)) => Some(Name::parse(owner).map_err(|_| Refusal::BadBody)?),
        Some(Json::Object(_) | Json::List(_) | Json::Other) => return Err(Refusal::BadBody),
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
