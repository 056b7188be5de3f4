//! One small world to be judged: a token and its owner, a policy, some places, some actions.
//!
//! A scenario is a description; `document` and `requests` write it out as JSON and as requests.
//! It decides nothing. Whoever varies it (the domain, the decision table) says what is worth varying.

use serde_json::{Value, json};

use crate::actions::{ACTIONS, row_of};
use crate::naive::{NaiveRequest, NaiveToken};
use crate::reading::hex_digest;

pub(crate) const NOW: &str = "2026-03-01T12:00:00Z";
pub(crate) const TOKEN_ID: &str = "65f0c0ffee0000000000000a";
/// The test vector of the token form, so its checksum is right.
pub(crate) const SECRET: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";

/// Whose token it is: `bob`, or the service account `acme-ci`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) service_account: bool,
    /// None: no member.
    pub(crate) org_role: Option<&'static str>,
    /// The role in the resource group `lab`; None: not in it.
    pub(crate) lab_role: Option<&'static str>,
}

impl Owner {
    pub(crate) const OUTSIDER: Owner = Owner {
        service_account: false,
        org_role: None,
        lab_role: None,
    };
    pub(crate) const SERVICE_ACCOUNT: Owner = Owner {
        service_account: true,
        org_role: None,
        lab_role: None,
    };

    pub(crate) const fn member(org_role: &'static str, lab_role: Option<&'static str>) -> Owner {
        Owner {
            service_account: false,
            org_role: Some(org_role),
            lab_role,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        if self.service_account {
            "acme-ci"
        } else {
            "bob"
        }
    }
}

/// How the request carries the token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Carried {
    Nothing,
    ById,
    BySecret,
    /// A string that is no token of the document.
    Other(&'static str),
}

/// A grant: entity type, entity name, permissions.
pub(crate) type Grant = (&'static str, &'static str, Vec<&'static str>);

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) carried: Carried,
    pub(crate) kind: &'static str,
    pub(crate) issued_by: &'static str,
    pub(crate) authorization: Option<&'static str>,
    pub(crate) revoked: bool,
    pub(crate) expires_at: Option<&'static str>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) global: Vec<&'static str>,
    pub(crate) gated_repos: bool,
}

impl Token {
    pub(crate) fn unscoped(kind: &'static str) -> Token {
        Token {
            carried: Carried::ById,
            kind,
            issued_by: "user",
            authorization: None,
            revoked: false,
            expires_at: None,
            grants: Vec::new(),
            global: Vec::new(),
            gated_repos: false,
        }
    }

    pub(crate) fn fine_grained(grants: Vec<Grant>) -> Token {
        Token {
            grants,
            ..Token::unscoped("fineGrained")
        }
    }

    fn json(&self, owner: Owner) -> Value {
        let mut token = json!({
            "id": TOKEN_ID, "owner": owner.name(), "role": self.kind, "displayName": "laptop",
            "digest": hex_digest(SECRET), "last4": "Ovtj", "createdAt": "2026-01-01T00:00:00Z",
            "expiresAt": self.expires_at, "issuedBy": self.issued_by,
            "authorization": self.authorization.map(|status| json!({"status": status})),
            "revoked": self.revoked.then(|| json!({"at": "2026-02-01T00:00:00Z", "by": "ada"})),
        });
        if self.kind == "fineGrained" {
            let grant = |(entity_type, name, permissions): &Grant| json!({"entity": {"type": entity_type, "name": name}, "permissions": permissions});
            token["fineGrained"] = json!({
                "canReadGatedRepos": self.gated_repos, "global": self.global,
                "scoped": self.grants.iter().map(grant).collect::<Vec<_>>(),
            });
        }
        token
    }
}

/// What a request may aim at, and what the document must list for it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `type:name`.
    pub(crate) resource: String,
    pub(crate) listed: Option<Value>,
}

impl Place {
    /// Something that the document does not list.
    pub(crate) fn bare(resource: &str) -> Place {
        Place {
            resource: resource.into(),
            listed: None,
        }
    }

    pub(crate) fn listed(resource_type: &str, name: &str, mut facts: Value) -> Place {
        facts["type"] = json!(resource_type);
        facts["name"] = json!(name);
        Place {
            resource: format!("{resource_type}:{name}"),
            listed: Some(facts),
        }
    }

    /// The same listing, asked for under another name.
    pub(crate) fn asked_as(self, resource: &str) -> Place {
        Place {
            resource: resource.into(),
            ..self
        }
    }

    fn needs_groups(&self) -> bool {
        self.listed
            .as_ref()
            .is_some_and(|facts| !facts["resourceGroup"].is_null())
    }

    pub(crate) fn resource_type(&self) -> &str {
        self.resource.split(':').next().unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Actions {
    /// Every action and one that is none, on every place.
    All,
    /// Every action on the places that it exists for.
    Existing,
    /// These, on the places that they exist for.
    Some(&'static [&'static str]),
}

impl Actions {
    fn on(self, place: &Place) -> Vec<&'static str> {
        let all = ACTIONS.iter().map(|row| row.action);
        match self {
            Actions::All => all.chain(["repo.fly"]).collect(),
            Actions::Existing => all
                .filter(|action| row_of(action, place.resource_type()).is_some())
                .collect(),
            Actions::Some(actions) => actions
                .iter()
                .copied()
                .filter(|action| row_of(action, place.resource_type()).is_some())
                .collect(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) policy: &'static str,
    /// Whether the org has resource groups at all.
    pub(crate) groups: bool,
    pub(crate) owner: Owner,
    pub(crate) token: Token,
    pub(crate) places: std::sync::Arc<Vec<Place>>,
    pub(crate) actions: Actions,
}

impl Scenario {
    fn possible_places(&self) -> impl Iterator<Item = &Place> {
        self.places
            .iter()
            .filter(|place| self.groups || !place.needs_groups())
    }

    pub(crate) fn document(&self) -> Value {
        let mut members = vec![json!({"user": "ada", "role": "admin"})];
        let mut lab = vec![json!({"user": "ada", "role": "read"})];
        if let Some(role) = self.owner.org_role {
            members.push(json!({"user": "bob", "role": role}));
        }
        if let Some(role) = self.owner.lab_role {
            lab.push(json!({"user": "bob", "role": role}));
        }
        // A gate that is open to `bob`, so that the document may hold any token of his.
        let mut resources = vec![json!({
            "type": "model", "name": "acme/elsewhere", "visibility": "public", "gated": true, "gatedUsers": ["bob"],
        })];
        for facts in self
            .possible_places()
            .filter_map(|place| place.listed.as_ref())
        {
            if !resources.contains(facts) {
                resources.push(facts.clone());
            }
        }
        let mut document = json!({
            "format": "tokenward.org/1",
            "organization": {"name": "acme", "plan": "enterprise", "tokenPolicy": self.policy},
            "generation": 42, "members": members, "serviceAccounts": [{"name": "acme-ci"}],
            "resources": resources, "tokens": [self.token.json(self.owner)],
        });
        if self.groups {
            document["resourceGroups"] =
                json!([{"name": "lab", "members": lab}, {"name": "attic", "members": []}]);
        }
        document
    }

    pub(crate) fn requests(&self) -> Vec<NaiveRequest> {
        let token = match self.token.carried {
            Carried::Nothing => NaiveToken::Nothing,
            Carried::ById => NaiveToken::Id(TOKEN_ID.into()),
            Carried::BySecret => NaiveToken::Secret(SECRET.into()),
            Carried::Other(secret) => NaiveToken::Secret(secret.into()),
        };
        let request = |place: &Place, action: &str| NaiveRequest {
            token: token.clone(),
            action: action.into(),
            resource: place.resource.clone(),
            now: NOW.into(),
        };
        self.possible_places()
            .flat_map(|place| {
                self.actions
                    .on(place)
                    .into_iter()
                    .map(move |action| (place, action))
            })
            .map(|(place, action)| request(place, action))
            .collect()
    }
}
