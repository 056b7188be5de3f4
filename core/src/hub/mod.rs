//! The Hub's URLs: what has to be allowed before a request may pass to the hub.
//!
//! Contract §7 (`/authz`).
//! The URLs are data ([`ROWS`]), one row for each pattern, and a small interpreter reads them; what no row lists is refused.
//! No token, owner or organization is looked at here, and nothing is decided: the answer says
//! which actions on which places must all be allowed by [`crate::decide`].
//!
//! Rules that hold for every row:
//!
//! * HEAD is judged as GET. Any other method counts only where a row names it, so OPTIONS never passes.
//! * The path is percent-decoded once, segment by segment, and the decoded segments are compared exactly and with regard to case.
//!   Empty segments (so also a trailing slash), dot segments, encoded slashes, backslashes, control
//!   characters, `;`, `#`, and whatever would still be an escape after decoding are refused.
//! * `create_pr`, `service`, `operation` and `write` may stand once in the query and in that spelling only
//!   (`owner` in that spelling, as often as one likes: all owners count).
//!   A weaker need is only for the exact value that asks for it: `create_pr` is `1` or `true`, or it
//!   counts as a push; `write`, whatever its value, asks to write.
//! * A target in the body is read from at most [`BODY_LIMIT`] bytes of JSON without repeated keys.
//!   A row that is judged from the body takes no query.
//! * Names must be names (contract §1), and no repository's name ends in `.git` in any case.
//!   At the root, where a repository's URL begins with its namespace, a reserved word is never a
//!   namespace: `/datasets/…` is always a dataset.
//! * A repository is `namespace/name` (contract §3.4). The old ids without a namespace (`gpt2`) name nothing here.
//!   Where such a reading of the same URL would need more, it is refused: `/api/models/x/jwt?write=1`.
//!
//! What follows from refusing encoded slashes: clients write one in a revision that has a slash
//! (`refs%2Fpr%2F1`, `feature%2Fx`), and Python also in the folder of a tree listing and in the
//! path within a bucket. Such requests are refused. Listings of whole repositories, which
//! `snapshot_download` uses, and single commits with `create_pr=1` go through; Python's
//! `upload_folder(create_pr=True)`, which commits to `refs%2Fpr%2F1`, does not.

mod body;
mod path;
mod pattern;
mod table;

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use compact_str::CompactString;

use crate::action::Action;
use crate::ids::Name;
use crate::resource::{ResourceName, ResourceType};
use path::Uri;
use pattern::{Found, Reading};

pub use body::{BODY_LIMIT, Body};
use table::GIT_ENDS;
pub use table::{Need, ROWS, Row, When};

/// What has to hold before a request may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// Nothing: the token is not even looked at.
    Public,
    /// Any valid token.
    Any,
    /// A listing that the hub filters: a token, if there is one, must be valid.
    Listing,
    /// Every one of these actions must be allowed.
    Needs(Vec<(Action, Place)>),
}

/// What an action is to be done to, as far as a URL tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A repository.
    Resource(ResourceName),
    /// An organization or a user: which one is for somebody who knows the names.
    Namespace(Name),
    /// The caller's own namespace.
    Caller,
    /// The repository of this type and name in the caller's own namespace.
    CallersRepo(ResourceType, CompactString),
}

impl Place {
    /// The same place, now that the caller is known: a [`Place::Resource`] or a [`Place::Namespace`].
    #[must_use]
    pub fn of_caller(self, caller: &Name) -> Self {
        match self {
            Self::Caller => Self::Namespace(caller.clone()),
            Self::CallersRepo(kind, repo) => {
                let named = ResourceName::new(kind, &format!("{caller}/{repo}"));
                named.map_or(Self::CallersRepo(kind, repo), Self::Resource)
            }
            Self::Resource(_) | Self::Namespace(_) => self,
        }
    }
}

/// Why a request is refused before any token is looked at: `unknown_action` to the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No row lists it.
    NotListed,
    /// It can be read in more than one way.
    Ambiguous,
    /// Its target is in the body, and no body was handed over, or too much of one.
    NeedsBody,
    /// The body is not one that a client sends.
    BadBody,
}

/// What has to be allowed for a request to the hub, given by its method, its URI in origin form
/// (`/path?query`, as on the wire) and its body, when the gateway hands that over.
///
/// # Errors
/// When the request is refused whoever makes it.
///
/// ```
/// use tokenward_core::hub::{Demand, Place, judge};
/// use tokenward_core::{Action, ResourceName};
/// let repo = ResourceName::parse("model:acme/bert").unwrap();
/// assert_eq!(
///     judge("HEAD", "/acme/bert/resolve/main/config.json", None),
///     Ok(Demand::Needs(vec![(Action::RepoContentRead, Place::Resource(repo))])),
/// );
/// assert!(judge("GET", "/acme/bert/resolve/main/../../other", None).is_err());
/// ```
pub fn judge(method: &str, uri: &str, body: Option<&[u8]>) -> Result<Demand, Refusal> {
    let uri = Uri::parse(uri).ok_or(Refusal::Ambiguous)?;
    let (row, found) = find(method, &uri)?;
    let on_repo = |actions: &[Action]| {
        let repo = found.repository().ok_or(Refusal::NotListed)?;
        let place = Place::Resource(repo);
        Ok(Demand::Needs(
            actions
                .iter()
                .map(|action| (*action, place.clone()))
                .collect(),
        ))
    };
    match row.need {
        Need::Public => Ok(Demand::Public),
        Need::Any => Ok(Demand::Any),
        Need::Listing => Ok(Demand::Listing),
        Need::Repo(actions) => on_repo(actions),
        Need::Namespace(actions) => {
            let place = Place::Namespace(found.namespace.ok_or(Refusal::NotListed)?);
            Ok(Demand::Needs(
                actions
                    .iter()
                    .map(|action| (*action, place.clone()))
                    .collect(),
            ))
        }
        Need::Owners(action) => owners(&uri, action),
        Need::Body(_) if !uri.query.is_empty() => Err(Refusal::Ambiguous),
        Need::Body(rule) => rule.judge(found.repository(), body).map(Demand::Needs),
        Need::NoAction(_) => Err(Refusal::NotListed),
    }
}

/// The row of the table that a request falls under: for logs, metrics and tests.
///
/// # Errors
/// When there is none.
pub fn row(method: &str, uri: &str) -> Result<&'static Row, Refusal> {
    let uri = Uri::parse(uri).ok_or(Refusal::Ambiguous)?;
    find(method, &uri).map(|(row, _)| row)
}

/// Whether a request is judged from its body. A batch of large files can be judged without, but then
/// counts as a write.
#[must_use]
pub fn needs_body(method: &str, uri: &str) -> bool {
    row(method, uri).is_ok_and(|row| matches!(row.need, Need::Body(_)))
}

/// Whether git asks: it shows its user what refuses it only where that is plain text.
///
/// Told by the end of the path alone, so that it also learns why where no row lists the rest.
///
/// ```
/// use tokenward_core::hub::is_git;
/// assert!(is_git("/acme/bert.git/info/refs?service=git-upload-pack"));
/// assert!(!is_git("/acme/bert.git/info/lfs/objects/batch"));
/// ```
#[must_use]
pub fn is_git(uri: &str) -> bool {
    let (path, _) = uri.split_once('?').unwrap_or((uri, ""));
    GIT_ENDS.iter().any(|end| path.ends_with(end))
}

fn find<'a>(method: &str, uri: &'a Uri<'_>) -> Result<(&'static Row, Found<'a>), Refusal> {
    let method = if method == "HEAD" { "GET" } else { method };
    let read = |reading| {
        ROWS.iter()
            .find_map(|row| Some((row, row.read(method, uri, reading)?)))
    };
    let (row, found) = read(Reading::Namespaced).ok_or(Refusal::NotListed)?;
    // Only models and datasets ever had ids without a namespace.
    if matches!(
        found.kind,
        Some(ResourceType::Model | ResourceType::Dataset)
    ) && read(Reading::Bare).is_some_and(|(bare, _)| row.need.is_weaker_than(&bare.need))
    {
        return Err(Refusal::Ambiguous);
    }
    Ok((row, found))
}

/// A listing by owner: the action in the namespace of each `owner` of the query, of which there is one at least.
fn owners(uri: &Uri<'_>, action: Action) -> Result<Demand, Refusal> {
    let named = uri.query.iter().filter(|(name, _)| name == "owner");
    let places = named.map(|(_, owner)| Name::parse(owner).map(Place::Namespace));
    let needs = places.map(|place| {
        place
            .map(|place| (action, place))
            .map_err(|_| Refusal::NotListed)
    });
    let needs = needs.collect::<Result<Vec<_>, _>>()?;
    if needs.is_empty() {
        Err(Refusal::NotListed)
    } else {
        Ok(Demand::Needs(needs))
    }
}

/// A piece of a URI, decoded.
type Text<'a> = Cow<'a, str>;
