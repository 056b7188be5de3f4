//! A decision before its words: for hosts that hand out many decisions and are asked for the words
//! of few.
//!
//! Messages and remedies are texts of their own for every denial; everything else of a decision is
//! a few bytes. What it means is decided elsewhere (`decide`), and so are the words (`reason`).

use crate::decision::Decision;
use crate::permission::Permission;
use crate::reason::{Age, Reason, Subject};
use crate::resource::Resource;

/// What was decided, and what its words depend on besides two names: the resource's and the token's.
///
/// ```
/// use tokenward_core::{Authorizer, OrgDocument, Presented, Request, Resource, Timestamp};
/// let text = r#"{"format": "tokenward.org/1", "organization": {"name": "acme"}}"#;
/// let authorizer = Authorizer::from_document(&OrgDocument::parse(text).unwrap()).unwrap();
/// let request = Request {
///     token: Presented::Nothing,
///     action: "repo.content.read",
///     resource: Resource::parse("model:acme/bert").unwrap(),
///     now: Timestamp::parse("2026-03-01T12:00:00Z").unwrap(),
/// };
/// let (ruling, token) = authorizer.rule(&request);
/// assert_eq!(ruling.worded(request.resource, token), authorizer.decide(&request));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// Why it is allowed or denied.
    pub reason: Reason,
    /// The generation of the organization that the decision was made at.
    pub generation: Option<u64>,
    permission: Option<Permission>,
    public_gated: bool,
    foreign_create: bool,
    belongs: bool,
    age: Option<Age>,
}

impl Ruling {
    pub(crate) const fn new(
        reason: Reason,
        subject: &Subject<'_>,
        generation: Option<u64>,
        belongs: bool,
    ) -> Self {
        Self {
            reason,
            generation,
            permission: subject.permission,
            public_gated: subject.public_gated,
            foreign_create: subject.foreign_create,
            belongs,
            age: subject.age,
        }
    }

    /// Whether the request is let through.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.reason.allows()
    }

    /// Whether it is worded like every other one of its reason in the same namespace, because its
    /// words name neither the resource nor the token.
    #[must_use]
    pub const fn is_general(&self) -> bool {
        match self.reason {
            Reason::Granted
            | Reason::Public
            | Reason::OrganizationToken
            | Reason::InvalidToken
            | Reason::UnknownAction => true,
            Reason::MissingToken => !self.public_gated,
            Reason::RoleInsufficient => !self.foreign_create,
            Reason::ExpiredToken
            | Reason::NotFound
            | Reason::TokenRevoked
            | Reason::FineGrainedRequired
            | Reason::TokenScope
            | Reason::TokenPending
            | Reason::TokenDenied
            | Reason::GatedToken
            | Reason::GatedUser
            | Reason::SnapshotStale => false,
        }
    }

    /// The decision in full, for the resource of the request and the name of the token that came
    /// with the ruling.
    #[must_use]
    pub fn worded(&self, resource: Resource<'_>, token: Option<&str>) -> Decision {
        let subject = Subject {
            resource,
            token,
            permission: self.permission,
            public_gated: self.public_gated,
            foreign_create: self.foreign_create,
            age: self.age,
        };
        Decision::new(self.reason, &subject, self.generation, self.belongs)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;
    use crate::reason::Remedy;

    /// The words of a ruling about something in `acme`.
    fn words(ruling: &Ruling, resource: &str, token: &str) -> (Option<String>, Option<Remedy>) {
        let decision = ruling.worded(Resource::parse(resource).unwrap(), Some(token));
        (decision.message.map(String::from), decision.remedy)
    }

    #[test]
    fn general_rulings_are_worded_alike_and_no_others() {
        for (reason, flags) in Reason::ALL
            .iter()
            .flat_map(|reason| (0..4).map(move |flags| (*reason, flags)))
        {
            let ruling = Ruling {
                reason,
                generation: None,
                permission: Some(Permission::RepoWrite),
                public_gated: flags & 1 > 0,
                foreign_create: flags & 2 > 0,
                belongs: false,
                age: None,
            };
            let first = words(&ruling, "model:acme/bert", "laptop");
            let others = [
                ("dataset:acme/bert", "laptop"),
                ("model:acme/gpt", "laptop"),
                ("org:acme", "laptop"),
                ("model:acme/bert", "desktop"),
            ];
            let alike = others
                .iter()
                .all(|(resource, token)| words(&ruling, resource, token) == first);
            let one_of_a_kind = reason == Reason::SnapshotStale;
            assert_eq!(ruling.is_general(), alike && !one_of_a_kind, "{ruling:?}");
        }
    }
}
