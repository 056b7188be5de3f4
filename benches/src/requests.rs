//! Requests as a client sends them: a raw token, an action, the name of a repository.

use tokenward_core::{
    Decision, ParseError, Presented, Request, Resource, TokenKind, TokenSecret, World,
};

use crate::{Size, names, now, numbers, rows};

const REQUESTS: u64 = 3;

/// What a client asks.
#[derive(Debug, Clone)]
pub struct Question {
    /// The raw token; it exists in no other world than the benches'.
    pub token: String,
    /// The action.
    pub action: &'static str,
    /// `type:namespace/name`.
    pub resource: String,
}

impl Question {
    /// Parses everything and asks the world.
    ///
    /// # Errors
    /// When the token is empty or the resource is none.
    pub fn ask(&self, world: &World) -> Result<Decision, ParseError> {
        let secret = TokenSecret::parse(&self.token)?;
        Ok(world.decide(&Request {
            token: Presented::Secret(&secret),
            action: self.action,
            resource: Resource::parse(&self.resource)?,
            now: now(),
        }))
    }
}

/// The nth of an endless row of requests, in no order: any token, on a repository of its owner's
/// organization; one in five writes, where a grant may be.
#[must_use]
pub fn question(size: Size, nth: u32) -> Question {
    let mut numbers = numbers(REQUESTS, nth);
    let token = numbers.u32(..size.tokens);
    let org = names::org_of(size, names::owner_of(size, token));
    let writes = numbers.u8(..5) == 0 && rows::token_kind(size, token) != TokenKind::Read;
    let repository = if writes {
        rows::granted_repository(size, token)
    } else {
        names::repository_of(size, org, numbers.u32(..))
    };
    Question {
        token: names::secret(token).reveal().to_owned(),
        action: if writes {
            "repo.write"
        } else {
            "repo.content.read"
        },
        resource: format!(
            "{}:{}",
            names::kind(repository),
            names::repository(size, repository)
        ),
    }
}

/// So many requests.
#[must_use]
pub fn questions(size: Size, count: u32) -> Vec<Question> {
    (0..count).map(|nth| question(size, nth)).collect()
}
