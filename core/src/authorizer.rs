//! One organization, ready to be decided about: the engine's door for libraries and edges.

#[cfg(feature = "documents")]
use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::decide::{Check, Outcome};
use crate::decision::{Decision, Explanation, Request};
use crate::findings::{Finding, Thresholds, findings};
use crate::hub::Demand;
use crate::ids::Name;
use crate::index;
use crate::passage::{self, Passage};
use crate::policy::TokenPolicy;
use crate::preview::{Preview, preview};
use crate::reason::{Age, Reason, Subject};
use crate::resource::Resource;
use crate::ruling::Ruling;
use crate::secret::TokenSecret;
use crate::snapshot::{Parts, Snapshot, SnapshotError, TrustedKeys};
use crate::timestamp::Timestamp;
use crate::world::Audience;
#[cfg(feature = "documents")]
use crate::{document::OrgDocument, error::ParseError, world::World};

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
    #[cfg(feature = "documents")]
    World(Box<World>),
    Snapshot(Snapshot, Stale),
}

/// From when on a snapshot is too old to decide from.
#[derive(Debug, Clone, Copy)]
struct Stale {
    issued: Timestamp,
    from: Timestamp,
}

/// Asks whichever index there is.
macro_rules! asked {
    ($source:expr, $index:ident => $answer:expr) => {
        match &$source {
            #[cfg(feature = "documents")]
            Source::World(world) => {
                let $index = &**world;
                $answer
            }
            Source::Snapshot($index, _) => $answer,
        }
    };
}

impl Authorizer {
    /// An authorizer for the organization of a document.
    ///
    /// # Errors
    /// When the document says something impossible (contract §3.1).
    #[cfg(feature = "documents")]
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
            source: Source::Snapshot(snapshot, stale),
            org,
        })
    }

    /// The same, refusing everything already when the snapshot was issued so many milliseconds ago;
    /// from a document, the same.
    #[must_use]
    pub fn with_maximum_age(mut self, millis: u64) -> Self {
        match &mut self.source {
            #[cfg(feature = "documents")]
            Source::World(_) => {}
            Source::Snapshot(_, stale) => {
                let millis = i64::try_from(millis).unwrap_or(i64::MAX);
                let from = stale.issued.as_millis().saturating_add(millis);
                stale.from = stale.from.min(Timestamp::from_millis(from));
            }
        }
        self
    }

    const fn held(&self) -> Option<(&Snapshot, &Stale)> {
        match &self.source {
            #[cfg(feature = "documents")]
            Source::World(_) => None,
            Source::Snapshot(snapshot, stale) => Some((snapshot, stale)),
        }
    }

    /// The snapshot that is decided from, where it is one.
    #[must_use]
    pub const fn snapshot(&self) -> Option<&Snapshot> {
        match self.held() {
            Some((snapshot, _)) => Some(snapshot),
            None => None,
        }
    }

    /// Whether token ids and display names are known. Without them a request by token id is
    /// `invalid_token`, remedies say "your token", and previews and findings are empty.
    #[must_use]
    pub fn knows_details(&self) -> bool {
        let snapshot = self.snapshot();
        snapshot.is_none_or(|snapshot| snapshot.parts() == Parts::All)
    }

    /// Decides about a request.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let (ruling, token) = self.rule(request);
        ruling.worded(request.resource, token)
    }

    /// Decides about a request, and leaves the words for later; with the name of the token, where
    /// the words may need it.
    #[must_use]
    pub fn rule(&self, request: &Request<'_>) -> (Ruling, Option<&str>) {
        if let Some(stale) = self.stale(request.now) {
            return (stale, None);
        }
        let (ruling, token) = asked!(self.source, index => {
            index::rule(index, request, &index::facts(index, request))
        });
        (self.at_generation(ruling), token)
    }

    /// The same about many requests, in their order: each ruling is handed out as soon as it is made.
    pub fn rule_many<'a, 'r>(
        &'a self,
        requests: impl Iterator<Item = Request<'r>>,
        mut take: impl FnMut(&Request<'r>, Ruling, Option<&'a str>),
    ) {
        let take = |request: &Request<'r>, ruling, token| match self.stale(request.now) {
            Some(stale) => take(request, stale, None),
            None => take(request, self.at_generation(ruling), token),
        };
        asked!(self.source, index => index::rule_many(index, requests, take));
    }

    const fn at_generation(&self, mut ruling: Ruling) -> Ruling {
        ruling.generation = Some(self.generation);
        ruling
    }

    /// The reason of the decision about a request: for hot paths, which need no words of it.
    #[must_use]
    pub fn reason(&self, request: &Request<'_>) -> Reason {
        match self.held() {
            Some((_, stale)) if request.now >= stale.from => Reason::SnapshotStale,
            _ => asked!(self.source, index => index::reason(index, request)),
        }
    }

    /// Decides about many requests, in their order.
    #[must_use]
    pub fn decide_many(&self, requests: &[Request<'_>]) -> Vec<Decision> {
        let mut decisions = Vec::with_capacity(requests.len());
        self.rule_many(requests.iter().copied(), |request, ruling, token| {
            decisions.push(ruling.worded(request.resource, token));
        });
        decisions
    }

    /// Decides, and says how every check came out. Of a stale snapshot nothing is judged.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        if let Some(stale) = self.stale(request.now) {
            let decision = stale.worded(Resource::NOBODY, None);
            let skipped = Check::ALL.map(|check| (check, Outcome::Skip));
            return Explanation::new(decision, &skipped, &Subject::about_nothing());
        }
        let mut explanation =
            asked!(self.source, index => index::explain(index, request, Audience::Insider));
        explanation.decision.generation = Some(self.generation);
        explanation
    }

    /// Which tokens another policy would let in or shut out.
    #[must_use]
    pub fn preview(&self, policy: TokenPolicy) -> Preview {
        asked!(self.source, index => preview(index, self.org.as_str(), policy))
    }

    /// What is wrong with the organization's tokens, though nothing is denied for it.
    ///
    /// A snapshot of a server does not say when tokens were last used: `unused` and `inactive` are
    /// not found then.
    #[must_use]
    pub fn findings(&self, now: Timestamp, thresholds: &Thresholds) -> Vec<Finding> {
        asked!(self.source, index => findings(index, self.org.as_str(), now, thresholds))
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
    pub fn stale_from(&self) -> Option<Timestamp> {
        self.held().map(|(_, stale)| stale.from)
    }

    /// What is demanded, judged whatever the age.
    pub(crate) fn judge_fresh(
        &self,
        demand: Demand,
        secret: Option<&TokenSecret>,
        now: Timestamp,
    ) -> Passage {
        asked!(self.source, index => passage::judge(index, demand, secret, now))
    }

    #[inline]
    pub(crate) fn stale(&self, now: Timestamp) -> Option<Ruling> {
        match self.held() {
            Some((_, stale)) if now >= stale.from => Some(self.too_old(stale, now)),
            _ => None,
        }
    }

    #[cold]
    fn too_old(&self, stale: &Stale, now: Timestamp) -> Ruling {
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
        Ruling::new(
            Reason::SnapshotStale,
            &subject,
            Some(self.generation),
            false,
        )
    }
}
