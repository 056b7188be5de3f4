//! A change in the making: one entry and one generation for every organization that it touches.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::{Details, Refusal};
use crate::actor::Actor;
use crate::change::{AuditEntry, AuditType, Change, Notice, NoticeKind, RetiredDigest};
use crate::ids::{Name, TokenId};
use crate::organization::Organization;
use crate::row::Row;
use crate::timestamp::Timestamp;
use crate::world::World;

/// Collects rows, entries and notices.
pub(crate) struct Draft<'a> {
    pub(crate) world: &'a World,
    pub(crate) details: &'a Details,
    pub(crate) actor: &'a Actor,
    pub(crate) now: Timestamp,
    change: Change,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(
        world: &'a World,
        details: &'a Details,
        actor: &'a Actor,
        now: Timestamp,
    ) -> Self {
        Self {
            world,
            details,
            actor,
            now,
            change: Change::default(),
        }
    }

    /// The organization and its present generation.
    pub(crate) fn org(&self, name: &Name) -> Result<(Organization, u64), Refusal> {
        let missing = Refusal::NotFound("Organization not found");
        self.world.organization(name.as_str()).ok_or(missing)
    }

    pub(crate) fn put(&mut self, row: Row) {
        self.change.rows.push(row);
    }

    pub(crate) fn retire(&mut self, retired: RetiredDigest) {
        self.change.retired.push(retired);
    }

    /// Touches an organization: its next generation, and one line in its audit log. Called once
    /// for each organization of a change.
    pub(crate) fn touch(
        &mut self,
        organization: Organization,
        generation: u64,
        r#type: AuditType,
        data: Map<String, Value>,
        message: String,
    ) {
        let generation = generation.saturating_add(1);
        self.change.entries.push(AuditEntry {
            org: organization.name.clone(),
            generation,
            at: self.now,
            r#type,
            actor: self.actor.clone(),
            data,
            message,
        });
        self.put(Row::Organization {
            organization,
            generation,
        });
    }

    pub(crate) fn tell(
        &mut self,
        kind: NoticeKind,
        to: &Name,
        org: Option<&Name>,
        token: Option<TokenId>,
        data: Map<String, Value>,
    ) {
        let notice = Notice {
            kind,
            to: to.clone(),
            org: org.cloned(),
            token,
            data,
        };
        self.change.notices.push(notice);
    }

    /// Tells up to five administrators of an organization.
    pub(crate) fn tell_admins(
        &mut self,
        kind: NoticeKind,
        org: &Name,
        token: Option<TokenId>,
        data: &Map<String, Value>,
    ) {
        let admins: Vec<Name> = self.world.admins_to_tell(org.as_str());
        for admin in &admins {
            self.tell(kind, admin, Some(org), token, data.clone());
        }
    }

    pub(crate) fn finish(self) -> Change {
        self.change
    }

    /// Who acts, for the audit log's sentences.
    pub(crate) fn who(&self) -> &'a str {
        self.actor.user.as_ref().map_or("the system", Name::as_str)
    }
}
