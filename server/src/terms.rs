//! The filter language of the token listing (H§5.1): `owner: role: status: token:`, `-` negates.

use tokenward_core::{Badge, ListedToken, TokenKind};

use crate::error::ApiError;

/// A parsed filter.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Terms(Vec<Term>);

#[derive(Debug, PartialEq, Eq)]
struct Term {
    field: Field,
    negated: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Field {
    Owner(String),
    Role(TokenKind),
    Status(Badge),
    Last4(String),
}

impl Terms {
    /// Parses a filter. Revoked tokens are left out unless it asks for them.
    ///
    /// # Errors
    /// 400 for a term that does not exist.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let mut terms = Vec::new();
        let mut names_revoked = false;
        for word in text.split_whitespace() {
            let (negated, word) = word
                .strip_prefix('-')
                .map_or((false, word), |word| (true, word));
            let (key, value) = word.split_once(':').ok_or_else(|| unknown(word))?;
            names_revoked |= key == "status" && matches!(value, "all" | "revoked");
            if (key, value) == ("status", "all") {
                if negated {
                    return Err(unknown(word));
                }
                continue;
            }
            terms.push(Term {
                field: Field::parse(key, value).ok_or_else(|| unknown(word))?,
                negated,
            });
        }
        if !names_revoked {
            terms.push(Term {
                field: Field::Status(Badge::Revoked),
                negated: true,
            });
        }
        Ok(Self(terms))
    }

    /// Whether a token passes every term that memory can judge.
    #[must_use]
    pub fn match_memory(&self, token: &ListedToken<'_>) -> bool {
        self.0.iter().all(|term| {
            let holds = match &term.field {
                Field::Owner(owner) => token.owner == owner,
                Field::Role(kind) => token.kind == *kind,
                Field::Status(badge) => token.badge == Some(*badge),
                Field::Last4(_) => return true,
            };
            holds != term.negated
        })
    }

    /// Whether a term asks for the last four characters.
    #[must_use]
    pub fn ask_for_last4(&self) -> bool {
        self.0
            .iter()
            .any(|term| matches!(term.field, Field::Last4(_)))
    }

    /// Whether the last four characters pass every term about them.
    #[must_use]
    pub fn match_last4(&self, last4: Option<&str>) -> bool {
        self.0.iter().all(|term| match &term.field {
            Field::Last4(wanted) => (last4 == Some(wanted)) != term.negated,
            Field::Owner(_) | Field::Role(_) | Field::Status(_) => true,
        })
    }
}

impl Field {
    fn parse(key: &str, value: &str) -> Option<Self> {
        if value.is_empty() {
            return None;
        }
        match key {
            "owner" => Some(Self::Owner(value.to_owned())),
            "token" => Some(Self::Last4(value.to_owned())),
            "role" => match value {
                "read" => Some(Self::Role(TokenKind::Read)),
                "write" => Some(Self::Role(TokenKind::Write)),
                "fineGrained" => Some(Self::Role(TokenKind::FineGrained)),
                _ => None,
            },
            "status" => match value {
                "pending" => Some(Self::Status(Badge::Pending)),
                "approved" => Some(Self::Status(Badge::Approved)),
                "denied" => Some(Self::Status(Badge::Denied)),
                "revoked" => Some(Self::Status(Badge::Revoked)),
                _ => None,
            },
            _ => None,
        }
    }
}

fn unknown(word: &str) -> ApiError {
    let word = tokenward_core::mask(word);
    ApiError::bad(format!(
        "`{word}` is no term of this filter: use owner:, role:, status: or token:, with - to negate."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revoked_tokens_are_left_out_unless_the_filter_asks_for_them() {
        let hidden = Term {
            field: Field::Status(Badge::Revoked),
            negated: true,
        };
        assert_eq!(Terms::parse("").unwrap(), Terms(vec![hidden]));
        assert_eq!(Terms::parse("status:all").unwrap(), Terms(vec![]));
        assert_eq!(Terms::parse("status:revoked").unwrap().0.len(), 1);
        assert_eq!(Terms::parse("-status:revoked").unwrap().0.len(), 1);
        assert_eq!(Terms::parse("-status:approved").unwrap().0.len(), 2);
        assert_eq!(Terms::parse("owner:bob -role:write").unwrap().0.len(), 3);
    }

    #[test]
    fn unknown_terms_are_refused() {
        for text in [
            "bob",
            "owner:",
            "colour:red",
            "status:lost",
            "-status:all",
            "role:god",
        ] {
            assert!(Terms::parse(text).is_err(), "{text}");
        }
    }
}
