//! Who changes something, and with what.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::ids::{Name, TokenId};
use crate::token::TokenKind;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// The user; nobody for the server's own command line and for calls that need no credential.
    pub user: Option<Name>,
    /// What the user showed.
    pub via: Via,
}

/// What somebody shows to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Via {
    /// A signed-in session of the user, or the site administrator in the user's place.
    Session(Option<ActorToken>),
    /// An access token.
    Token(ActorToken),
    /// A hub's own credential.
    Hub(ActorToken),
    /// The command line on the server's own machine.
    CommandLine,
    /// Nothing.
    Nothing,
}

/// The token that a change is made with, as the audit log names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActorToken {
    /// Its id.
    pub id: TokenId,
    /// Its kind.
    pub role: TokenKind,
    /// Its last four characters.
    pub last4: Option<CompactString>,
}

impl Actor {
    /// The command line on the server's own machine.
    pub const COMMAND_LINE: Self = Self {
        user: None,
        via: Via::CommandLine,
    };
    /// A call that needs no credential.
    pub const NOBODY: Self = Self {
        user: None,
        via: Via::Nothing,
    };

    /// The token that was shown, whoever showed it.
    #[must_use]
    pub fn token(&self) -> Option<&ActorToken> {
        match &self.via {
            Via::Session(token) => token.as_ref(),
            Via::Token(token) | Via::Hub(token) => Some(token),
            Via::CommandLine | Via::Nothing => None,
        }
    }

    /// Whether this is a person in a session (or the site administrator in their place).
    #[must_use]
    pub const fn is_session(&self) -> bool {
        matches!(self.via, Via::Session(_))
    }

    /// Whether this very token is the credential of the call.
    #[must_use]
    pub fn calls_with(&self, id: TokenId) -> bool {
        self.token().is_some_and(|token| token.id == id)
    }
}
