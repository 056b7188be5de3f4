//! The language of the patterns in the table, and reading a path by one.
//!
//! | in a pattern | stands for |
//! |---|---|
//! | `{T}` | `models`, `datasets`, `spaces` or `kernels` |
//! | `{P}` (first) | nothing, for models; or `datasets/`, `spaces/`, `kernels/` |
//! | `{ns}` | the name of an organization or user |
//! | `{name}`, `{name}.git` | the name of a repository; the same with or without `.git` |
//! | `{user}` | the name of a user |
//! | `{n}` | a number |
//! | `{a\|b}` | one of these words |
//! | `{path+}`, `{path*}` | one or more segments; any number of them |
//! | `{words+}` | one or more segments of letters, digits, `_` and `-` |
//! | any other `{word}` | one segment |

use alloc::format;

use super::Text;
use crate::ids::{Name, check_repo_name};
use crate::resource::{ResourceName, ResourceType};

/// How to read the id of a repository.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// `namespace/name`: what the table means.
    Namespaced,
    /// One segment, as in old ids: only to see what else a URL could mean.
    Bare,
}

/// What a path says by a pattern.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) kind: Option<ResourceType>,
    pub(super) namespace: Option<Name>,
    name: Option<&'a str>,
}

impl Found<'_> {
    /// The repository that the path names.
    pub(super) fn repository(&self) -> Option<ResourceName> {
        let name = format!("{}/{}", self.namespace.as_ref()?, self.name?);
        ResourceName::new(self.kind?, &name).ok()
    }
}

/// Reads a path by a pattern; None when it does not fit.
pub(super) fn read<'a>(pattern: &str, path: &'a [Text<'_>], reading: Reading) -> Option<Found<'a>> {
    let mut found = Found::default();
    let mut pattern = pattern.strip_prefix('/')?;
    let mut path = path;
    if let Some(rest) = pattern.strip_prefix("{P}") {
        pattern = rest;
        let (first, rest) = path.split_first()?;
        match repo_type(first).filter(|_| *first != "models") {
            Some(kind) => (found.kind, path) = (Some(kind), rest),
            None if is_reserved(first) => return None,
            None => found.kind = Some(ResourceType::Model),
        }
    }
    for part in pattern.split('/') {
        if part == "{path*}" || (part == "{path+}" && !path.is_empty()) {
            return Some(found);
        }
        if part == "{words+}" {
            let words = !path.is_empty() && path.iter().all(|segment| is_word(segment));
            return words.then_some(found);
        }
        if reading == Reading::Bare && part == "{name}" {
            continue;
        }
        let (segment, rest) = path.split_first()?;
        take(part, segment, reading, &mut found)?;
        path = rest;
    }
    path.is_empty().then_some(found)
}

fn take<'a>(part: &str, segment: &'a str, reading: Reading, found: &mut Found<'a>) -> Option<()> {
    let inner = part
        .strip_prefix('{')
        .and_then(|part| part.strip_suffix('}'));
    match inner {
        Some("T") => found.kind = Some(repo_type(segment)?),
        Some("ns") if reading == Reading::Bare => {}
        Some("ns") => found.namespace = Some(Name::parse(segment).ok()?),
        Some("user") => drop(Name::parse(segment).ok()?),
        Some("name") => found.name = Some(repo_name(segment)?),
        Some("n") => segment
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(())?,
        Some(words) if words.contains('|') => drop(words.split('|').find(|word| *word == segment)?),
        Some(_) => {}
        None if part == "{name}.git" => {
            found.name = Some(repo_name(segment.strip_suffix(".git").unwrap_or(segment))?);
        }
        None if part != segment => return None,
        None if segment == "buckets" => found.kind = Some(ResourceType::Bucket),
        None => found.kind = found.kind.or_else(|| repo_type(segment)),
    }
    Some(())
}

fn repo_type(word: &str) -> Option<ResourceType> {
    match word {
        "models" => Some(ResourceType::Model),
        "datasets" => Some(ResourceType::Dataset),
        "spaces" => Some(ResourceType::Space),
        "kernels" => Some(ResourceType::Kernel),
        _ => None,
    }
}

/// A repository's name; not one in `.GIT` or the like, which some file systems take for `.git`.
fn repo_name(segment: &str) -> Option<&str> {
    let git = segment.to_ascii_lowercase().ends_with(".git");
    check_repo_name(segment)
        .ok()
        .filter(|()| !git)
        .map(|()| segment)
}

/// Letters, digits, `_` and `-`: nothing that somebody could take for the way to another place.
fn is_word(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !segment.is_empty() && segment.bytes().all(plain)
}

fn is_reserved(segment: &str) -> bool {
    Name::parse(segment).is_ok_and(|name| name.is_reserved())
}
