//! The org document: the one description of an organization from which decisions are made.
//!
//! Contract §3. Serde reads its shape; [`OrgDocument::rows`] checks what the shape cannot say.
//! It never holds a raw token.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use compact_str::CompactString;
use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use crate::error::ParseError;
use crate::ids::{DisplayName, GroupName, Name, TokenId};
use crate::map_only::map_only;
use crate::organization::{Member, Organization, Repository, ResourceGroup};
use crate::row::Row;
use crate::secret::{TokenDigest, mask};
use crate::timestamp::Timestamp;
use crate::token::{Authorization, FineGrained, IssuedBy, Revocation, Standing, Token, TokenKind};

map_only!(OrgDocument, ServiceAccount, DocumentToken);

/// The value of the document's `format` field.
pub const FORMAT: &str = "tokenward.org/1";
/// The largest generation: JSON numbers are exact up to here.
pub const LAST_GENERATION: u64 = (1 << 53) - 1;

/// An organization's decision data as JSON (contract §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
pub struct OrgDocument {
    /// Always [`FORMAT`].
    pub format: String,
    /// The organization.
    pub organization: Organization,
    /// The number of its newest change.
    #[serde(default)]
    pub generation: u64,
    /// Its members.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Its service accounts.
    #[serde(default)]
    pub service_accounts: Vec<ServiceAccount>,
    /// Its resource groups.
    #[serde(default)]
    pub resource_groups: Vec<ResourceGroup>,
    /// Its listed repositories.
    #[serde(default)]
    pub resources: Vec<Repository>,
    /// The tokens that matter to it (contract §3.3).
    #[serde(default)]
    pub tokens: Vec<DocumentToken>,
}

/// A service account in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ServiceAccount {
    /// Its name.
    pub name: Name,
}

/// A token in a document, with what the organization thinks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub owner: Name,
    /// Its kind.
    pub role: TokenKind,
    /// What its owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// The digest of its raw value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<TokenDigest>,
    /// The last characters of its raw value, four at most.
    #[serde(default)]
    pub last4: Option<CompactString>,
    /// When it was made or last rotated.
    pub created_at: Timestamp,
    /// From when on it is refused.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    #[serde(default)]
    pub last_used_at: Option<Timestamp>,
    /// How it came to be.
    #[serde(default, skip_serializing_if = "is_user")]
    pub issued_by: IssuedBy,
    /// Its grants, for exactly the fine-grained kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine_grained: Option<FineGrained>,
    /// The approval state.
    #[serde(default)]
    pub authorization: Option<Authorization>,
    /// The revocation.
    #[serde(default)]
    pub revoked: Option<Revocation>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_user(issued_by: &IssuedBy) -> bool {
    *issued_by == IssuedBy::User
}

impl OrgDocument {
    /// Reads a document from JSON text.
    ///
    /// # Errors
    /// When the JSON has another shape, or says something impossible (contract §3.1).
    ///
    /// ```
    /// use tokenward_core::OrgDocument;
    /// let text = r#"{"format": "tokenward.org/1", "organization": {"name": "acme"}}"#;
    /// assert_eq!(OrgDocument::parse(text).unwrap().organization.name.as_str(), "acme");
    /// ```
    pub fn parse(json: &str) -> Result<Self, ParseError> {
        let document: Self = serde_json::from_str(json)
            .map_err(|error| ParseError::new("document", mask(&error.to_string())))?;
        document.check()?;
        Ok(document)
    }

    /// Checks what the shape cannot say: duplicates, groups that do not exist, and so on.
    ///
    /// # Errors
    /// The first thing that contract §3.1 forbids.
    pub fn check(&self) -> Result<(), ParseError> {
        if self.format != FORMAT {
            return Err(ParseError::new("format", "must be `tokenward.org/1`"));
        }
        if self.generation > LAST_GENERATION {
            return Err(ParseError::new("generation", "must be below 2^53"));
        }
        self.check_names()?;
        self.check_groups()?;
        self.check_resources()?;
        self.check_tokens()
    }

    /// The document as rows; whoever calls it has checked the document.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let org = &self.organization.name;
        let mut rows = Vec::new();
        rows.push(Row::Organization {
            organization: self.organization.clone(),
            generation: self.generation,
        });
        rows.extend(
            self.service_accounts
                .iter()
                .map(|account| Row::ServiceAccount {
                    org: org.clone(),
                    name: account.name.clone(),
                }),
        );
        rows.extend(self.members.iter().map(|member| Row::Member {
            org: org.clone(),
            user: member.user.clone(),
            role: Some(member.role),
        }));
        rows.extend(self.resource_groups.iter().map(|group| Row::Group {
            org: org.clone(),
            name: group.name.clone(),
            members: Some(group.members.clone()),
        }));
        rows.extend(self.resources.iter().cloned().map(Row::Repository));
        rows.extend(self.tokens.iter().flat_map(|token| token.rows(org)));
        rows
    }

    fn check_names(&self) -> Result<(), ParseError> {
        let mut names = Unique::new("name");
        names.add(&self.organization.name.key(), || "organization".to_owned())?;
        for (at, member) in self.members.iter().enumerate() {
            names.add(&member.user.key(), || format!("members[{at}]"))?;
        }
        for (at, account) in self.service_accounts.iter().enumerate() {
            names.add(&account.name.key(), || format!("serviceAccounts[{at}]"))?;
        }
        Ok(())
    }

    fn check_groups(&self) -> Result<(), ParseError> {
        let members: HashSet<&Name> = self.members.iter().map(|member| &member.user).collect();
        let mut groups = Unique::new("name");
        for (at, group) in self.resource_groups.iter().enumerate() {
            let place = || format!("resourceGroups[{at}]");
            groups.add(&group.name.as_str().to_ascii_lowercase(), place)?;
            let mut inside = Unique::new("members");
            for member in &group.members {
                inside.add(&member.user.key(), place)?;
                if !members.contains(&member.user) {
                    let error = ParseError::new("members", "holds one who is no member of the org");
                    return Err(error.within(&place()));
                }
            }
        }
        Ok(())
    }

    fn check_resources(&self) -> Result<(), ParseError> {
        let groups: HashSet<&GroupName> = self
            .resource_groups
            .iter()
            .map(|group| &group.name)
            .collect();
        let mut names = Unique::new("name");
        for (at, repository) in self.resources.iter().enumerate() {
            let place = || format!("resources[{at}]");
            check_repository(repository, &self.organization.name, &groups)
                .map_err(|error| error.within(&place()))?;
            let key = format!("{}:{}", repository.r#type, repository.name).to_ascii_lowercase();
            names.add(&key, place)?;
            let mut users = Unique::new("gatedUsers");
            repository
                .gated_users
                .iter()
                .try_for_each(|user| users.add(&user.key(), place))?;
        }
        Ok(())
    }

    fn check_tokens(&self) -> Result<(), ParseError> {
        let accounts: HashSet<&Name> = self
            .service_accounts
            .iter()
            .map(|account| &account.name)
            .collect();
        let (mut ids, mut digests) = (HashSet::new(), HashSet::new());
        let mut titles = HashSet::new();
        for (at, token) in self.tokens.iter().enumerate() {
            let home = accounts
                .contains(&token.owner)
                .then_some(&self.organization.name);
            let unique = |what, fresh: bool| {
                if fresh {
                    Ok(())
                } else {
                    Err(ParseError::new(what, "stands here twice"))
                }
            };
            let checked = unique("id", ids.insert(token.id))
                .and(unique(
                    "digest",
                    token.digest.is_none_or(|digest| digests.insert(digest)),
                ))
                .and(unique(
                    "displayName",
                    token
                        .display_name
                        .as_ref()
                        .is_none_or(|name| titles.insert((&token.owner, name))),
                ))
                .and_then(|()| check_token(token, home));
            checked.map_err(|error| error.within(&format!("tokens[{at}]")))?;
        }
        Ok(())
    }
}

fn check_repository(
    repository: &Repository,
    org: &Name,
    groups: &HashSet<&GroupName>,
) -> Result<(), ParseError> {
    if !repository.r#type.is_repo() {
        return Err(ParseError::new("type", "must be a type of repository"));
    }
    let resource = crate::resource::Resource::new(repository.r#type, &repository.name)?;
    if resource.namespace() != org.as_str() {
        return Err(ParseError::new(
            "name",
            "must be in the namespace of the org",
        ));
    }
    match &repository.resource_group {
        Some(group) if !groups.contains(group) => {
            Err(ParseError::new("resourceGroup", "does not exist"))
        }
        _ => Ok(()),
    }
}

/// `home` is the organization of the service account that owns the token, if one does.
fn check_token(token: &DocumentToken, home: Option<&Name>) -> Result<(), ParseError> {
    let error = |what: &'static str, why: &'static str| Err(ParseError::new(what, why));
    if token
        .last4
        .as_ref()
        .is_some_and(|last4| last4.chars().count() > 4)
    {
        return error("last4", "must have four characters at most");
    }
    if token.role.is_fine_grained() != token.fine_grained.is_some() {
        return error(
            "fineGrained",
            "must be there for exactly the role `fineGrained`",
        );
    }
    let Some(fine_grained) = &token.fine_grained else {
        if home.is_some() {
            return error("role", "must be `fineGrained` for a service account");
        }
        if token.issued_by == IssuedBy::TokenExchange {
            return error("role", "must be `fineGrained` for token exchange");
        }
        return Ok(());
    };
    check_grants(fine_grained)?;
    let foreign = |org: &Name| {
        let resources = fine_grained
            .scoped
            .iter()
            .filter_map(|grant| grant.entity.resource());
        resources.into_iter().any(|resource| {
            resource.namespace() != org.as_str()
                || resource.kind() == crate::resource::ResourceType::User
        })
    };
    if home.is_some_and(foreign) {
        return error(
            "fineGrained",
            "names something outside the service account's org",
        );
    }
    Ok(())
}

/// Checks the grants of a token: known entities have proper names, nothing stands twice.
///
/// # Errors
/// The first thing that is wrong.
pub(crate) fn check_grants(fine_grained: &FineGrained) -> Result<(), ParseError> {
    let mut entities = HashSet::new();
    check_permissions("global", &fine_grained.global)?;
    for (at, grant) in fine_grained.scoped.iter().enumerate() {
        let place = |error: ParseError| error.within(&format!("fineGrained.scoped[{at}]"));
        if let Ok(kind) = crate::resource::ResourceType::parse(&grant.entity.r#type) {
            crate::resource::Resource::new(kind, &grant.entity.name).map_err(place)?;
        } else if grant.entity.r#type.len() > 100 || grant.entity.name.len() > 200 {
            return Err(place(ParseError::new("entity", "is too long")));
        }
        check_permissions("permissions", &grant.permissions).map_err(place)?;
        if !entities.insert(&grant.entity) {
            return Err(place(ParseError::new("entity", "has a grant already")));
        }
    }
    Ok(())
}

fn check_permissions(what: &'static str, permissions: &[CompactString]) -> Result<(), ParseError> {
    let mut seen = HashSet::new();
    for permission in permissions {
        if permission.is_empty() || permission.len() > 100 {
            return Err(ParseError::new(what, "must have 1 to 100 characters each"));
        }
        if !seen.insert(permission) {
            return Err(ParseError::new(what, "holds a permission twice"));
        }
    }
    Ok(())
}

impl DocumentToken {
    /// The token as it stands in a document, with what the organization thinks of it.
    #[must_use]
    pub fn new(token: Token, standing: Standing) -> Self {
        Self {
            id: token.id,
            owner: token.owner,
            role: token.kind,
            display_name: token.display_name,
            digest: token.digest,
            last4: token.last4,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            issued_by: token.issued_by,
            fine_grained: token.fine_grained,
            authorization: standing.authorization,
            revoked: standing.revoked,
        }
    }

    /// The token without the organization's view of it.
    #[must_use]
    pub fn token(&self) -> Token {
        Token {
            id: self.id,
            owner: self.owner.clone(),
            kind: self.role,
            display_name: self.display_name.clone(),
            digest: self.digest,
            last4: self.last4.clone(),
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            fine_grained: self.fine_grained.clone(),
            issued_by: self.issued_by,
        }
    }

    fn rows(&self, org: &Name) -> impl Iterator<Item = Row> {
        let standing = Standing {
            authorization: self.authorization.clone(),
            revoked: self.revoked.clone(),
            told_at: None,
        };
        let standing = (standing != Standing::default()).then(|| Row::Standing {
            token: self.id,
            org: org.clone(),
            standing,
        });
        core::iter::once(Row::Token(self.token())).chain(standing)
    }
}

/// A set that says where something stands for the second time.
struct Unique {
    what: &'static str,
    seen: HashSet<String>,
}

impl Unique {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            seen: HashSet::new(),
        }
    }

    fn add(&mut self, key: &str, place: impl Fn() -> String) -> Result<(), ParseError> {
        if self.seen.insert(key.to_owned()) {
            return Ok(());
        }
        let error = ParseError::new(self.what, "stands here twice (case does not count)");
        Err(error.within(&place()))
    }
}
