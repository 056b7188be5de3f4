//! One organization, ready to be decided about: the engine's door for libraries and edges.

use alloc::vec::Vec;

use crate::decision::{Decision, Explanation, Request};
use crate::document::OrgDocument;
use crate::error::ParseError;
use crate::findings::{Finding, Thresholds};
use crate::ids::Name;
use crate::policy::TokenPolicy;
use crate::preview::Preview;
use crate::timestamp::Timestamp;
use crate::world::{Audience, World};

/// Decides for one organization and for its members' own namespaces.
///
/// ```
/// use tokenward_core::{Authorizer, OrgDocument, Presented, Request, Resource, Timestamp};
/// let document = OrgDocument::parse(r#"{
///     "format": "tokenward.org/1",
///     "organization": {"name": "acme"},
///     "resources": [{"type": "model", "name": "acme/bert", "visibility": "public"}]
/// }"#).unwrap();
/// let authorizer = Authorizer::from_document(&document).unwrap();
/// let decision = authorizer.decide(&Request {
///     token: Presented::Nothing,
///     action: "repo.content.read",
///     resource: Resource::parse("model:acme/bert").unwrap(),
///     now: Timestamp::parse("2026-03-01T12:00:00Z").unwrap(),
/// });
/// assert!(decision.is_allowed());
/// ```
#[derive(Debug, Clone)]
pub struct Authorizer {
    world: World,
    org: Name,
    generation: u64,
}

impl Authorizer {
    /// An authorizer for the organization of a document.
    ///
    /// # Errors
    /// When the document says something impossible (contract §3.1).
    pub fn from_document(document: &OrgDocument) -> Result<Self, ParseError> {
        document.check()?;
        let mut world = World::default();
        world.reserve(document.tokens.len());
        document.rows().iter().for_each(|row| world.apply(row));
        let org = document.organization.name.clone();
        Ok(Self {
            world,
            org,
            generation: document.generation,
        })
    }

    /// Decides about a request.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let decision = self.world.decide(request);
        Decision {
            generation: Some(self.generation),
            ..decision
        }
    }

    /// Decides about many requests, in their order.
    #[must_use]
    pub fn decide_many(&self, requests: &[Request<'_>]) -> Vec<Decision> {
        requests
            .iter()
            .map(|request| self.decide(request))
            .collect()
    }

    /// Decides, and says how every check came out.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        let mut explanation = self.world.explain(request, Audience::Insider);
        explanation.decision.generation = Some(self.generation);
        explanation
    }

    /// Which tokens another policy would let in or shut out.
    #[must_use]
    pub fn preview(&self, policy: TokenPolicy) -> Preview {
        self.world.preview(self.org.as_str(), policy)
    }

    /// What is wrong with the organization's tokens, though nothing is denied for it.
    #[must_use]
    pub fn findings(&self, now: Timestamp, thresholds: &Thresholds) -> Vec<Finding> {
        self.world.findings(self.org.as_str(), now, thresholds)
    }

    /// The organization's name.
    #[must_use]
    pub fn org(&self) -> &Name {
        &self.org
    }

    /// The generation that the authorizer decides at.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }
}
