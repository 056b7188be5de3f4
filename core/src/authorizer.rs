//! One organization, ready to be decided about: the engine's door for libraries and edges.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::decide::{Check, Outcome};
use crate::decision::{Decision, Explanation, Request};
use crate::document::OrgDocument;
use crate::error::ParseError;
use crate::findings::{Finding, Thresholds, findings};
use crate::hub::Demand;
use crate::ids::Name;
use crate::index;
use crate::passage::{self, Passage};
use crate::policy::TokenPolicy;
use crate::preview::{Preview, preview};
use crate::reason::{Age, Reason, Subject};
use crate::secret::TokenSecret;
use crate::snapshot::{Parts, Snapshot, SnapshotError, TrustedKeys};
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
    source: Source,
    org: Name,
    generation: u64,
}

/// What is decided from.
#[derive(Debug, Clone)]
enum Source {
    World(Box<World>),
    Snapshot { snapshot: Snapshot, stale: Stale },
}

/// From when on a snapshot is too old to decide from.
#[derive(Debug, Clone, Copy)]
struct Stale {
    issued: Timestamp,
    from: Timestamp,
}

impl Authorizer {
    /// An authorizer for the organization of a document.
    ///
    /// # Errors
    /// When the document says something impossible (contract §3.1).
    pub fn from_document(document: &OrgDocument) -> Result<Self, ParseError> {
        let world = World::of_document(document)?;
        Ok(Self {
            source: Source::World(Box::new(world)),
            org: document.organization.name.clone(),
            generation: document.generation,
        })
    }

    /// An authorizer for the organization of a bundle, once everything in it is verified.
    ///
    /// From the time on at which its manifest expires it refuses everything: `snapshot_stale`.
    ///
    /// # Errors
    /// The first thing that is wrong with the bundle.
    pub fn from_snapshot(
        bundle: impl Into<Vec<u8>>,
        keys: &TrustedKeys,
        now: Timestamp,
    ) -> Result<Self, SnapshotError> {
        Self::of_snapshot(Snapshot::open(bundle, keys, now)?)
    }

    /// An authorizer for the organization of a snapshot that was read before.
    ///
    /// # Errors
    /// When the organization has no name, which no snapshot does that was verified.
    pub fn of_snapshot(snapshot: Snapshot) -> Result<Self, SnapshotError> {
        let org = Name::parse(snapshot.org()).map_err(|_| SnapshotError::Malformed)?;
        let stamp = snapshot.stamp();
        let stale = Stale {
            issued: stamp.issued,
            from: stamp.expires,
        };
        Ok(Self {
            generation: snapshot.generation(),
            source: Source::Snapshot { snapshot, stale },
            org,
        })
    }

    /// The same, refusing everything already when the snapshot was issued so many milliseconds ago;
    /// from a document, the same.
    #[must_use]
    pub fn with_maximum_age(mut self, millis: u64) -> Self {
        if let Source::Snapshot { stale, .. } = &mut self.source {
            let millis = i64::try_from(millis).unwrap_or(i64::MAX);
            let from = stale.issued.as_millis().saturating_add(millis);
            stale.from = stale.from.min(Timestamp::from_millis(from));
        }
        self
    }

    /// The snapshot that is decided from, where it is one.
    #[must_use]
    pub const fn snapshot(&self) -> Option<&Snapshot> {
        match &self.source {
            Source::World(_) => None,
            Source::Snapshot { snapshot, .. } => Some(snapshot),
        }
    }

    /// Whether token ids and display names are known. Without them a request by token id is
    /// `invalid_token`, remedies say "your token", and previews and findings are empty.
    #[must_use]
    pub fn knows_details(&self) -> bool {
        match &self.source {
            Source::World(_) => true,
            Source::Snapshot { snapshot, .. } => snapshot.parts() == Parts::All,
        }
    }

    /// Decides about a request.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        if let Some(stale) = self.stale(request.now) {
            return stale;
        }
        let mut decision = match &self.source {
            Source::World(world) => world.decide(request),
            Source::Snapshot { snapshot, .. } => {
                index::decide(snapshot, request, &index::facts(snapshot, request))
            }
        };
        decision.generation = Some(self.generation);
        decision
    }

    /// The reason of the decision about a request: for hot paths, which need no words of it.
    #[must_use]
    pub fn reason(&self, request: &Request<'_>) -> Reason {
        match &self.source {
            Source::World(world) => index::reason(&**world, request),
            Source::Snapshot { stale, .. } if request.now >= stale.from => Reason::SnapshotStale,
            Source::Snapshot { snapshot, .. } => index::reason(snapshot, request),
        }
    }

    /// Decides about many requests, in their order.
    #[must_use]
    pub fn decide_many(&self, requests: &[Request<'_>]) -> Vec<Decision> {
        let mut decisions = match &self.source {
            Source::World(world) => index::decide_many(&**world, requests),
            Source::Snapshot { snapshot, .. } => index::decide_many(snapshot, requests),
        };
        for (decision, request) in decisions.iter_mut().zip(requests) {
            match self.stale(request.now) {
                Some(stale) => *decision = stale,
                None => decision.generation = Some(self.generation),
            }
        }
        decisions
    }

    /// Decides, and says how every check came out. Of a stale snapshot nothing is judged.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        if let Some(decision) = self.stale(request.now) {
            let skipped = Check::ALL.map(|check| (check, Outcome::Skip));
            return Explanation::new(decision, &skipped, &Subject::about_nothing());
        }
        let mut explanation = match &self.source {
            Source::World(world) => world.explain(request, Audience::Insider),
            Source::Snapshot { snapshot, .. } => {
                index::explain(snapshot, request, Audience::Insider)
            }
        };
        explanation.decision.generation = Some(self.generation);
        explanation
    }

    /// Which tokens another policy would let in or shut out.
    #[must_use]
    pub fn preview(&self, policy: TokenPolicy) -> Preview {
        let org = self.org.as_str();
        match &self.source {
            Source::World(world) => world.preview(org, policy),
            Source::Snapshot { snapshot, .. } => preview(snapshot, org, policy),
        }
    }

    /// What is wrong with the organization's tokens, though nothing is denied for it.
    ///
    /// A snapshot of a server does not say when tokens were last used: `unused` and `inactive` are
    /// not found then.
    #[must_use]
    pub fn findings(&self, now: Timestamp, thresholds: &Thresholds) -> Vec<Finding> {
        let org = self.org.as_str();
        match &self.source {
            Source::World(world) => world.findings(org, now, thresholds),
            Source::Snapshot { snapshot, .. } => findings(snapshot, org, now, thresholds),
        }
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

    /// From when on everything is refused, because the snapshot is too old; nothing for a document.
    #[must_use]
    pub const fn stale_from(&self) -> Option<Timestamp> {
        match &self.source {
            Source::World(_) => None,
            Source::Snapshot { stale, .. } => Some(stale.from),
        }
    }

    /// What is demanded, judged whatever the age.
    pub(crate) fn judge_fresh(
        &self,
        demand: Demand,
        secret: Option<&TokenSecret>,
        now: Timestamp,
    ) -> Passage {
        match &self.source {
            Source::World(world) => world.judge(demand, secret, now),
            Source::Snapshot { snapshot, .. } => passage::judge(snapshot, demand, secret, now),
        }
    }

    #[inline]
    pub(crate) fn stale(&self, now: Timestamp) -> Option<Decision> {
        match &self.source {
            Source::Snapshot { stale, .. } if now >= stale.from => Some(self.too_old(stale, now)),
            Source::World(_) | Source::Snapshot { .. } => None,
        }
    }

    #[cold]
    fn too_old(&self, stale: &Stale, now: Timestamp) -> Decision {
        let since = |moment: Timestamp| {
            let millis = moment.as_millis().saturating_sub(stale.issued.as_millis());
            millis.max(0).unsigned_abs() / 1000
        };
        let subject = Subject {
            age: Some(Age {
                seconds: since(now),
                limit: since(stale.from),
            }),
            ..Subject::about_nothing()
        };
        Decision::new(
            Reason::SnapshotStale,
            &subject,
            Some(self.generation),
            false,
        )
    }
}
