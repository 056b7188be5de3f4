//! The filter language of the audit log: `type: author: token:`, `-` negates, all terms must hold.
//!
//! `token:` takes the id or the last four characters of the credential that was used, or the id of
//! the token that the entry is about.

use tokenward_core::{AuditEntry, AuditType, Name, TokenId, mask};

use crate::error::ApiError;

/// A parsed filter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Terms(Vec<Term>);

#[derive(Debug, PartialEq, Eq)]
struct Term {
    field: Field,
    negated: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Field {
    Type(AuditType),
    Author(Name),
    Token(TokenId),
    Last4(String),
}

impl Terms {
    /// Parses a filter.
    ///
    /// # Errors
    /// 400 for a term that does not exist.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        text.split_whitespace()
            .map(Term::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether an entry passes every term.
    #[must_use]
    pub(super) fn match_entry(&self, entry: &AuditEntry) -> bool {
        self.0
            .iter()
            .all(|term| term.field.holds(entry) != term.negated)
    }
}

impl Term {
    fn parse(word: &str) -> Result<Self, ApiError> {
        let (negated, term) = word
            .strip_prefix('-')
            .map_or((false, word), |term| (true, term));
        let field = term
            .split_once(':')
            .and_then(|(key, value)| Field::parse(key, value));
        field
            .map(|field| Self { field, negated })
            .ok_or_else(|| unknown(word))
    }
}

impl Field {
    fn parse(key: &str, value: &str) -> Option<Self> {
        match key {
            "type" => {
                let mut all = AuditType::ALL.iter();
                all.find(|kind| kind.as_str() == value)
                    .map(|kind| Self::Type(*kind))
            }
            "author" => Name::parse(value).ok().map(Self::Author),
            "token" => TokenId::parse(value)
                .ok()
                .map(Self::Token)
                .or_else(|| (value.chars().count() == 4).then(|| Self::Last4(value.to_owned()))),
            _ => None,
        }
    }

    fn holds(&self, entry: &AuditEntry) -> bool {
        let used = entry.actor.token();
        match self {
            Self::Type(kind) => entry.r#type == *kind,
            Self::Author(name) => entry.actor.user.as_ref() == Some(name),
            Self::Token(id) => {
                let about = entry.data.get("token").and_then(serde_json::Value::as_str);
                used.is_some_and(|token| token.id == *id) || about == Some(id.to_string().as_str())
            }
            Self::Last4(last4) => {
                used.and_then(|token| token.last4.as_deref()) == Some(last4.as_str())
            }
        }
    }
}

fn unknown(word: &str) -> ApiError {
    let word = mask(word);
    ApiError::bad(format!(
        "`{word}` is no term of this filter: use type:, author: or token:, with - to negate."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};
    use tokenward_core::{Actor, ActorToken, Timestamp, TokenKind, Via};

    use super::*;

    const USED: &str = "65f0c0ffee0000000000000a";
    const ABOUT: &str = "65f0c0ffee0000000000000b";

    fn entry() -> AuditEntry {
        let token = ActorToken {
            id: TokenId::parse(USED).unwrap(),
            role: TokenKind::Write,
            last4: Some("QxZb".into()),
        };
        AuditEntry {
            org: Name::parse("acme").unwrap(),
            generation: 7,
            at: Timestamp::from_millis(0),
            r#type: AuditType::Denied,
            actor: Actor {
                user: Name::parse("ada").ok(),
                via: Via::Token(token),
            },
            data: Map::from_iter([("token".to_owned(), json!(ABOUT))]),
            message: String::new(),
        }
    }

    #[test]
    fn all_terms_must_hold() {
        let passing = [
            "",
            "type:org.token_approval.denied",
            "author:ada",
            "-author:bob",
            "token:QxZb",
            "author:ada -type:org.create",
            &format!("token:{USED}"),
            &format!("token:{ABOUT}"),
        ];
        for text in passing {
            assert!(Terms::parse(text).unwrap().match_entry(&entry()), "{text}");
        }
        let failing = [
            "type:org.create",
            "author:bob",
            "-author:ada",
            "token:AAAA",
            "-token:QxZb",
            "author:ada type:org.create",
            "token:65f0c0ffee0000000000000c",
        ];
        for text in failing {
            assert!(!Terms::parse(text).unwrap().match_entry(&entry()), "{text}");
        }
    }

    #[test]
    fn unknown_terms_are_refused() {
        let wrong = [
            "ada",
            "author:",
            "author:-",
            "colour:red",
            "type:org.unheard_of",
            "token:x",
            "-",
        ];
        for text in wrong {
            assert!(Terms::parse(text).is_err(), "{text}");
        }
    }
}
