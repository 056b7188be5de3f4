//! May a request pass to the hub? What its URL demands (`hub`), judged by the facts.
//!
//! Contract §7 (`/authz`): the same for the server and for every edge. Where the request comes
//! from and how the answer is worded is for the host to say.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::action::{Action, Target};
use crate::authorizer::Authorizer;
use crate::decide::Credential;
use crate::decision::{Decision, Explanation, Presented, Request};
use crate::hub::{Demand, Place};
use crate::ids::{Name, TokenId};
use crate::index::{self, Index};
use crate::reason::Reason;
use crate::resource::{Resource, ResourceName, ResourceType};
use crate::secret::TokenSecret;
use crate::timestamp::{DAY, Timestamp};
use crate::world::{Audience, World};

/// An allowed request is warned of a token that expires within this time.
const WARN_WITHIN: i64 = 14 * DAY;

/// Whether a request may pass, and on whose behalf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The owner of the token, where one was shown that is good.
    pub caller: Option<Caller>,
    /// For a listing that the hub filters: the organizations all of whose repositories may show.
    pub orgs: Option<Vec<String>>,
    /// Why it may pass, or why not.
    pub outcome: Result<Reason, Decision>,
    /// Whether that is what the server would say. One organization's document or snapshot does not
    /// know other namespaces, nor tokens that have nothing to do with it.
    pub settled: bool,
}

/// The owner of a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The owner.
    pub user: Name,
    /// The token; nothing where a snapshot has no ids.
    pub token: Option<TokenId>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

impl Passage {
    /// The refusal of what nobody may do, or what cannot be told.
    #[must_use]
    pub fn unclear() -> Self {
        Self::nobody(Err(Decision::unknown_action()))
    }

    pub(crate) const fn nobody(outcome: Result<Reason, Decision>) -> Self {
        Self {
            caller: None,
            orgs: None,
            outcome,
            settled: true,
        }
    }

    /// The reason of the outcome.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match &self.outcome {
            Ok(reason) => *reason,
            Err(decision) => decision.reason,
        }
    }

    /// The text of `X-HF-Warning`, when the request may pass with a token that expires soon.
    #[must_use]
    pub fn warning(&self, now: Timestamp) -> Option<String> {
        let at = self.caller.as_ref()?.expires_at?;
        let left = at.as_millis().saturating_sub(now.as_millis());
        let soon = self.outcome.is_ok() && left <= WARN_WITHIN;
        soon.then(|| format!("token; Your token expires at {at}."))
    }
}

impl World {
    /// Whether what is demanded is allowed.
    #[must_use]
    pub fn judge(&self, demand: Demand, secret: Option<&TokenSecret>, now: Timestamp) -> Passage {
        judge(self, demand, secret, now)
    }

    /// Why what is demanded is allowed or not, to the owner of the token: one explanation for each
    /// thing that it needs, and none where nothing is needed.
    #[must_use]
    pub fn explain_demand(
        &self,
        demand: Demand,
        token: Presented<'_>,
        now: Timestamp,
    ) -> Vec<Needed> {
        let needs = match demand {
            Demand::Public => return Vec::new(),
            Demand::Listing if matches!(token, Presented::Nothing) => return Vec::new(),
            Demand::Any | Demand::Listing => return Vec::from([self.needs_token(token, now)]),
            Demand::Needs(needs) => needs,
        };
        let caller = self.authenticate(token, now).ok();
        let user = caller.and_then(|view| Name::parse(view.owner).ok());
        let explained = needs.into_iter().map(|(action, place)| {
            let place = match &user {
                Some(user) => place.of_caller(user),
                None => place,
            };
            match resource(self, action, place) {
                Some(resource) => self.explain_need(token, action.as_str(), resource, now),
                None => self.needs_token(token, now),
            }
        });
        explained.collect()
    }

    /// Why an action on a resource is allowed or not, to the owner of the token.
    #[must_use]
    pub fn explain_need(
        &self,
        token: Presented<'_>,
        action: &str,
        resource: ResourceName,
        now: Timestamp,
    ) -> Needed {
        let request = Request {
            token,
            action,
            resource: resource.borrow(),
            now,
        };
        let explanation = self.explain(&request, Audience::Owner);
        Needed {
            action: Some(String::from(action)),
            resource: Some(resource),
            explanation,
        }
    }

    fn needs_token(&self, token: Presented<'_>, now: Timestamp) -> Needed {
        Needed::alone(self.explain_token(token, now))
    }
}

/// One thing that a request needs, and how it came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// The action; nothing where the token alone is in the way, or nobody may do it.
    pub action: Option<String>,
    /// What it is done to; nothing likewise.
    pub resource: Option<ResourceName>,
    /// How it came out.
    pub explanation: Explanation,
}

impl Needed {
    /// Nobody may do it, whatever is shown as a token.
    #[must_use]
    pub fn impossible() -> Self {
        Self::alone(Explanation::unknown_action())
    }

    const fn alone(explanation: Explanation) -> Self {
        Self {
            action: None,
            resource: None,
            explanation,
        }
    }
}

impl Authorizer {
    /// Whether what is demanded is allowed. A snapshot that is too old allows what is public only.
    #[must_use]
    pub fn judge(&self, demand: Demand, secret: Option<&TokenSecret>, now: Timestamp) -> Passage {
        if demand != Demand::Public
            && let Some(stale) = self.stale(now)
        {
            let settled = self.covers(&demand, secret);
            return Passage {
                settled,
                ..Passage::nobody(Err(stale.worded(Resource::NOBODY, None)))
            };
        }
        let covers = self.covers(&demand, secret);
        let mut passage = self.judge_fresh(demand, secret, now);
        passage.settled = covers && passage.reason() != Reason::InvalidToken;
        if let Err(decision) = &mut passage.outcome {
            decision.generation = Some(self.generation());
        }
        passage
    }

    /// Whether everything that is demanded is of the organization.
    fn covers(&self, demand: &Demand, secret: Option<&TokenSecret>) -> bool {
        let org = self.org().as_str();
        match demand {
            Demand::Public | Demand::Any => true,
            // The organizations of the answer would be this one alone.
            Demand::Listing => secret.is_none(),
            Demand::Needs(needs) => needs.iter().all(|(_, place)| match place {
                Place::Resource(resource) => resource.borrow().namespace() == org,
                Place::Namespace(name) => name.as_str() == org,
                Place::Caller | Place::CallersRepo(..) => false,
            }),
        }
    }
}

/// A valid token.
struct Bearer<P> {
    place: P,
    caller: Caller,
}

/// Whether what is demanded is allowed.
pub(crate) fn judge<I: Index>(
    index: &I,
    demand: Demand,
    secret: Option<&TokenSecret>,
    now: Timestamp,
) -> Passage {
    if demand == Demand::Public {
        return Passage::nobody(Ok(Reason::Public));
    }
    let bearer = bearer(index, secret, now);
    // A token that is no good is refused even where none is needed.
    let bearer = match bearer {
        Err(decision) if decision.reason != Reason::MissingToken => {
            return Passage::nobody(Err(decision));
        }
        bearer => bearer,
    };
    let (orgs, outcome) = match (demand, &bearer) {
        (Demand::Public, _) => (None, Ok(Reason::Public)),
        (Demand::Any, Ok(_)) => (None, Ok(Reason::Granted)),
        (Demand::Any, Err(missing)) => (None, Err(missing.clone())),
        (Demand::Listing, Err(_)) => (Some(Vec::new()), Ok(Reason::Public)),
        (Demand::Listing, Ok(bearer)) => {
            let orgs = index::readable_orgs(index, bearer.place, now).into_iter();
            (Some(orgs.map(String::from).collect()), Ok(Reason::Granted))
        }
        (Demand::Needs(needs), bearer) => (None, all(index, needs, bearer.as_ref(), now)),
    };
    Passage {
        caller: bearer.ok().map(|bearer| bearer.caller),
        orgs,
        outcome,
        settled: true,
    }
}

fn bearer<I: Index>(
    index: &I,
    secret: Option<&TokenSecret>,
    now: Timestamp,
) -> Result<Bearer<I::Place>, Decision> {
    let presented = secret.map_or(Presented::Nothing, Presented::Secret);
    let place = index::authenticate(index, presented, now)?;
    let seen = index.caller(place).ok_or_else(Decision::unknown_action)?;
    let user = Name::parse(seen.owner).map_err(|_| Decision::unknown_action())?;
    let caller = Caller {
        user,
        token: seen.id,
        expires_at: seen.expires_at,
    };
    Ok(Bearer { place, caller })
}

/// Every need must be allowed; the first denial is the answer.
fn all<I: Index>(
    index: &I,
    needs: Vec<(Action, Place)>,
    bearer: Result<&Bearer<I::Place>, &Decision>,
    now: Timestamp,
) -> Result<Reason, Decision> {
    let mut reason = Reason::Public;
    for (action, place) in needs {
        let place = match (place, bearer) {
            (place @ (Place::Resource(_) | Place::Namespace(_)), _) => place,
            (place @ (Place::Caller | Place::CallersRepo(..)), Ok(bearer)) => {
                place.of_caller(&bearer.caller.user)
            }
            (Place::Caller | Place::CallersRepo(..), Err(missing)) => return Err(missing.clone()),
        };
        let resource = resource(index, action, place).ok_or_else(Decision::unknown_action)?;
        let place = bearer.ok().map(|bearer| bearer.place);
        let decision = decide(index, place, action, resource.borrow(), now);
        match decision.reason {
            Reason::Public => {}
            allowed if allowed.allows() => reason = allowed,
            _ => return Err(decision),
        }
    }
    Ok(reason)
}

fn decide<I: Index>(
    index: &I,
    place: Option<I::Place>,
    action: Action,
    resource: Resource<'_>,
    now: Timestamp,
) -> Decision {
    let found = match place {
        Some(place) => index.facts_of(place, &resource),
        None => index.facts_without(Credential::Missing, &resource),
    };
    let request = Request {
        token: Presented::Nothing,
        action: action.as_str(),
        resource,
        now,
    };
    index::decide(index, &request, &found)
}

/// The resource of a place. An action that only organizations know is about an organization even
/// if there is none of that name, so that an unknown one looks like somebody else's.
fn resource<I: Index>(index: &I, action: Action, place: Place) -> Option<ResourceName> {
    match place {
        Place::Resource(resource) => Some(resource),
        Place::Namespace(name) => {
            let name = name.as_str();
            let is_org = index.token_policy(name).is_some() || action.rule().target == Target::Org;
            let kind = match is_org {
                true => ResourceType::Org,
                false => ResourceType::User,
            };
            ResourceName::new(kind, name).ok()
        }
        Place::Caller | Place::CallersRepo(..) => None,
    }
}
