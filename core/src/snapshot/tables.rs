//! The tables of a snapshot in the making, and how they follow what was touched.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use compact_str::CompactString;
use hashbrown::HashMap;

use super::block::Kind;
use super::grants::GrantsRow;
use super::owners::{OwnerRow, Sort, group_key};
use super::repos::RepoRow;
use super::section::{Page, Row, Section};
use super::tokens::{Flags, Half, Ref, TokenRow};
use super::touched::{Touched, key};
use crate::ids::TokenId;
use crate::organization::{Repository, Visibility};
use crate::policy::TokenPolicy;
use crate::resource::ResourceName;
use crate::world::World;
use crate::world::export::{OwnerFact, Reach, TokenFact};

/// All tables, and what is needed to follow changes.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    reach: Reach,
    /// Whether display names are in the snapshots.
    named: bool,
    tokens: Section,
    owners: Section,
    grants: Section,
    repos: Section,
    /// The owners of the table.
    names: BTreeSet<(u32, CompactString)>,
    /// The sets of grants of the table, and how many tokens have each.
    sets: BTreeMap<(u32, Vec<u8>), u32>,
    /// On how many repositories somebody has been let in.
    gated: HashMap<CompactString, u32>,
    count: u32,
}

const WITH_USES: &[Kind] = &[Kind::Tokens, Kind::Details, Kind::Uses];
const WITHOUT_USES: &[Kind] = &[Kind::Tokens, Kind::Details];

impl Tables {
    /// The tables of an organization, made from nothing.
    pub(super) fn new(world: &World, org: &str, reach: Reach) -> Self {
        let mut repos: Vec<RepoRow> = world
            .repositories(org)
            .iter()
            .filter_map(RepoRow::new)
            .collect();
        repos.sort_by_cached_key(Row::key);
        let mut gated: HashMap<CompactString, u32> = HashMap::new();
        for user in repos.iter().flat_map(|repo| &repo.gated_users) {
            count(&mut gated, user, 1);
        }
        let ids = world.tokens_of_snapshot(org, reach, gated.keys().map(CompactString::as_str));
        let facts =
            |id: &TokenId| world.token_fact(org, *id, reach, |name| gated.contains_key(name));
        let mut sets = BTreeMap::new();
        let mut owners: BTreeSet<&str> = world.insiders(org).collect();
        for fact in ids.iter().filter_map(facts) {
            let held: &mut u32 = sets.entry(set_of(&fact).key()).or_default();
            *held = held.saturating_add(1);
            owners.insert(fact.owner);
        }
        let names: BTreeSet<(u32, CompactString)> =
            owners.iter().map(|name| OwnerRow::key_of(name)).collect();
        let owner_rows = names.iter().filter_map(|(_, name)| {
            let is_gated = gated.contains_key(name);
            Some(OwnerRow::new(
                name,
                world.owner_fact(org, name, reach, is_gated)?,
            ))
        });
        let owner_rows: Vec<OwnerRow> = owner_rows.collect();
        let set_rows: Vec<GrantsRow> = sets.keys().map(|(_, set)| GrantsRow(set.clone())).collect();
        let kinds = match reach {
            Reach::Everything => WITH_USES,
            Reach::Organization => WITHOUT_USES,
        };
        let mut tables = Self {
            reach,
            named: shows_names(world, org, reach),
            tokens: Section::new::<TokenRow>(kinds, &[]),
            owners: Section::new(&[Kind::Owners], &owner_rows),
            grants: Section::new(&[Kind::Grants], &set_rows),
            repos: Section::new(&[Kind::Repos], &repos),
            names,
            sets,
            gated: HashMap::new(),
            count: 0,
        };
        let rows = ids.iter().filter_map(facts);
        let mut rows: Vec<TokenRow> = rows.map(|fact| tables.token_row(&fact)).collect();
        rows.sort_unstable_by_key(Row::key);
        tables.count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        tables.tokens = Section::new(kinds, &rows);
        tables.gated = gated;
        tables
    }

    pub(super) const fn token_count(&self) -> u32 {
        self.count
    }

    /// The pages of every table.
    pub(super) fn pages(&self) -> Vec<(Kind, Vec<Page>)> {
        let tables = Kind::ALL.into_iter().map(|kind| {
            let section = match kind {
                Kind::Tokens | Kind::Details | Kind::Uses => &self.tokens,
                Kind::Owners => &self.owners,
                Kind::Grants => &self.grants,
                Kind::Repos => &self.repos,
            };
            (kind, section.pages(kind))
        });
        tables.filter(|(_, pages)| !pages.is_empty()).collect()
    }

    /// Follows what was touched, as the world is now.
    pub(super) fn follow(&mut self, world: &World, org: &str, mut touched: Touched) {
        if self.named != shows_names(world, org, self.reach) {
            *self = Self::new(world, org, self.reach);
            return;
        }
        self.follow_repos(world, org, &mut touched);
        let many = usize::try_from(self.count / 64)
            .unwrap_or(0)
            .saturating_add(1000);
        let renumbered = touched.tokens.len() > many || !self.follow_tokens(world, org, &touched);
        if renumbered {
            *self = Self::new(world, org, self.reach);
        }
    }

    fn follow_repos(&mut self, world: &World, org: &str, touched: &mut Touched) {
        let mut edits: BTreeMap<_, Option<RepoRow>> = BTreeMap::new();
        for (kind, name) in core::mem::take(&mut touched.repos) {
            let resource = ResourceName::new(kind, &alloc::format!("{org}/{name}"));
            let row = resource
                .ok()
                .and_then(|resource| world.repository(&resource.borrow()).1);
            let row = row.as_ref().and_then(RepoRow::new);
            let edit = edits.entry(RepoRow::key_of(kind, &name)).or_default();
            *edit = row.or_else(|| edit.take());
        }
        for (key, row) in &edits {
            let before: Option<RepoRow> = self.repos.find(key);
            for user in before.iter().flat_map(|repo| &repo.gated_users) {
                count(&mut self.gated, user, -1);
                touched.owner_and_tokens(world, user);
            }
            for user in row.iter().flat_map(|repo| &repo.gated_users) {
                count(&mut self.gated, user, 1);
                touched.owner_and_tokens(world, user);
            }
        }
        self.repos.edit(edits);
    }

    /// Follows tokens and owners; says no when the rows of others have got other numbers by it.
    fn follow_tokens(&mut self, world: &World, org: &str, touched: &Touched) -> bool {
        let gated = core::mem::take(&mut self.gated);
        let fact = |(half, id): &(Half, TokenId)| {
            let fact = world.token_fact(org, *id, self.reach, |name| gated.contains_key(name));
            fact.filter(|fact| key(fact.half, *id) == *half)
        };
        let facts: Vec<_> = touched.tokens.iter().map(|key| (*key, fact(key))).collect();
        let owners = touched.owners.iter().map(|name| {
            let fact = world.owner_fact(org, name, self.reach, gated.contains_key(name));
            (name, fact.map(|fact| OwnerRow::new(name, fact)))
        });
        let owners: Vec<_> = owners.collect();
        self.gated = gated;
        let same_numbers = self.follow_sets(&facts) & self.follow_owners(owners);
        if !same_numbers {
            return false;
        }
        let mut edits = BTreeMap::new();
        for (key, fact) in &facts {
            let there = self.tokens.find::<TokenRow>(key).is_some();
            let row = fact.as_ref().map(|fact| self.token_row(fact));
            self.count = match (there, row.is_some()) {
                (false, true) => self.count.saturating_add(1),
                (true, false) => self.count.saturating_sub(1),
                (true, true) | (false, false) => self.count,
            };
            edits.insert(*key, row);
        }
        self.tokens.edit(edits);
        true
    }

    /// Counts the sets of grants anew; says no when a number is another one now.
    fn follow_sets(&mut self, facts: &[((Half, TokenId), Option<TokenFact<'_>>)]) -> bool {
        let mut changed: BTreeMap<(u32, Vec<u8>), i64> = BTreeMap::new();
        let mut add = |set: (u32, Vec<u8>), more: i64| {
            let held = changed.entry(set).or_default();
            *held = held.saturating_add(more);
        };
        for (key, fact) in facts {
            let before: Option<TokenRow> = self.tokens.find(key);
            if let Some(set) = before.and_then(|row| self.set_at(row.grants)) {
                add(set, -1);
            }
            if let Some(fact) = fact {
                add(set_of(fact).key(), 1);
            }
        }
        let mut edits = BTreeMap::new();
        let mut same_numbers = true;
        for (set, more) in changed {
            let before = self.sets.get(&set).copied().unwrap_or(0);
            let after = i64::from(before).saturating_add(more);
            let after = u32::try_from(after).unwrap_or(0);
            if after > 0 {
                self.sets.insert(set.clone(), after);
            }
            if (before > 0) != (after > 0) {
                let same_key = self.sets.range((set.0, Vec::new())..);
                let same_key = same_key.take_while(|((key, _), _)| *key == set.0).count();
                same_numbers &= same_key <= 1;
                edits.insert(set.clone(), (after > 0).then(|| GrantsRow(set.1.clone())));
            }
            if after == 0 {
                self.sets.remove(&set);
            }
        }
        self.grants.edit(edits);
        same_numbers
    }

    fn follow_owners(&mut self, owners: Vec<(&CompactString, Option<OwnerRow>)>) -> bool {
        let mut edits = BTreeMap::new();
        let mut same_numbers = true;
        for (name, row) in owners {
            let key = OwnerRow::key_of(name);
            let before = self.names.contains(&key);
            self.names.insert(key.clone());
            if before != row.is_some() {
                let same_key = self.names.range((key.0, CompactString::default())..);
                let same_key = same_key.take_while(|(other, _)| *other == key.0).count();
                same_numbers &= same_key <= 1;
            }
            if row.is_none() {
                self.names.remove(&key);
            }
            edits.insert(key, row);
        }
        self.owners.edit(edits);
        same_numbers
    }

    fn set_at(&self, at: Ref) -> Option<(u32, Vec<u8>)> {
        let sets = self.sets.range((at.key, Vec::new())..);
        let mut sets = sets.skip(at.rank as usize);
        let (set, _) = sets.next()?;
        (set.0 == at.key).then(|| set.clone())
    }

    fn token_row(&self, fact: &TokenFact<'_>) -> TokenRow {
        let owner = OwnerRow::key_of(fact.owner);
        let set = set_of(fact).key();
        let names = self.names.range((owner.0, CompactString::default())..);
        let sets = self.sets.range((set.0, Vec::new())..);
        TokenRow {
            half: key(fact.half, fact.id),
            id: fact.id,
            flags: Flags {
                kind: fact.kind,
                status: fact.status,
                revoked: fact.revoked,
                exchanged: fact.exchanged,
                undigested: fact.half.is_none(),
            },
            owner: Ref {
                key: owner.0,
                rank: rank(names.take_while(|name| **name < owner).count()),
            },
            grants: Ref {
                key: set.0,
                rank: rank(sets.take_while(|(other, _)| **other < set).count()),
            },
            expires_at: fact.expires_at,
            created_at: fact.created_at,
            name: fact.name.filter(|_| self.named).map(CompactString::from),
            last_used_at: fact.last_used_at,
        }
    }
}

/// A document's names are the caller's own; of a server's tokens, administrators see names where
/// they have to approve (contract §7).
fn shows_names(world: &World, org: &str, reach: Reach) -> bool {
    let needed = || world.policy(org).is_some_and(TokenPolicy::needs_approval);
    matches!(reach, Reach::Everything) || needed()
}

fn rank(before: usize) -> u32 {
    u32::try_from(before).unwrap_or(u32::MAX)
}

fn set_of(fact: &TokenFact<'_>) -> GrantsRow {
    GrantsRow::new(fact.can_read_gated, fact.global, &mut fact.grants.clone())
}

/// Counts up or down; what is not there counts nothing.
fn count(gated: &mut HashMap<CompactString, u32>, user: &CompactString, more: i32) {
    let held = gated.get(user).copied().unwrap_or(0);
    match held.saturating_add_signed(more) {
        0 => gated.remove(user),
        now => gated.insert(user.clone(), now),
    };
}

impl OwnerRow {
    fn new(name: &str, fact: OwnerFact<'_>) -> Self {
        let groups = fact.groups.into_iter();
        let mut groups: Vec<_> = groups.map(|(name, role)| (group_key(name), role)).collect();
        groups.sort_unstable();
        Self {
            name: name.into(),
            role: fact.role,
            sort: match (fact.is_user, fact.is_account) {
                (true, _) => Sort::User,
                (false, true) => Sort::Account,
                (false, false) => Sort::Other,
            },
            suspended: fact.suspended,
            groups,
        }
    }
}

impl RepoRow {
    fn new(row: &Repository) -> Option<Self> {
        let resource = row.resource()?;
        let users = row.gated_users.iter();
        let mut gated_users: Vec<CompactString> = users.map(|user| user.as_str().into()).collect();
        gated_users.sort_unstable();
        let group = row.resource_group.as_ref();
        Some(Self {
            kind: row.r#type,
            name: resource.repo()?.into(),
            public: row.visibility == Visibility::Public,
            gated: row.gated,
            group: group.map(|group| group_key(group.as_str())),
            created_by: row.created_by.as_ref().map(|user| user.as_str().into()),
            gated_users,
        })
    }
}
