//! Who follows an organization's snapshots: an edge with its credential, or whoever shows a token.

use std::fmt;

use tokenward_core::{EdgeName, TokenId};

/// What stands before a token's id in a column of readers; no edge's name has a colon.
const TOKEN: &str = "token:";

/// Who follows an organization's snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reader {
    /// An edge, by the name of its credential.
    Edge(EdgeName),
    /// Whoever shows this token, which may read the organization's tokens.
    Token(TokenId),
}

impl Reader {
    /// Reads what [`fmt::Display`] has written.
    #[must_use]
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(TOKEN) {
            Some(id) => TokenId::parse(id).ok().map(Self::Token),
            None => EdgeName::parse(text).ok().map(Self::Edge),
        }
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edge(name) => f.write_str(name.as_str()),
            Self::Token(id) => write!(f, "{TOKEN}{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_read_as_it_was_written() {
        let edge = Reader::Edge(EdgeName::parse("eu-1").expect("a name"));
        let token = TokenId::parse("65f0c0ffee0000000000000a").expect("an id");
        for reader in [edge, Reader::Token(token)] {
            assert_eq!(Reader::parse(&reader.to_string()), Some(reader));
        }
        for text in ["", "token:", "token:eu-1", "a:b"] {
            assert_eq!(Reader::parse(text), None, "{text}");
        }
    }
}
