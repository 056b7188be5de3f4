//! The rules of Tokenward: who may do what with which access token.
//!
//! A pure library: facts and a request in, a decision out; facts and a command in, a change out.
//! There is no clock, randomness, I/O, async, SQL, HTTP, logging or panic in it.
//!
//! * [`Authorizer`] decides for one organization, from an [`OrgDocument`] or a [`snapshot`].
//! * [`World`] decides for many, and follows rows as they change.
//! * [`decide`] is the decision itself: thirteen checks over [`decide::Facts`].
//! * [`hub::judge`] says what a request to the hub needs, from its URL; [`World::judge`] and
//!   [`Authorizer::judge`] say whether it may pass.
//! * [`snapshot`] writes, verifies and refreshes what an edge decides from.
//! * [`TokenSecret`] and [`scan`] know what a raw token looks like.

#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;

pub mod action;
mod actor;
mod answer;
mod authorization;
mod authorizer;
mod base64;
mod change;
mod command;
pub mod decide;
mod decision;
mod document;
mod edge;
mod error;
mod findings;
pub mod hub;
mod ids;
mod index;
mod json;
mod map_only;
mod organization;
mod passage;
mod permission;
mod policy;
mod preview;
mod reason;
mod resource;
mod role;
mod row;
mod ruling;
mod secret;
pub mod snapshot;
mod timestamp;
mod token;
mod user;
mod words;
mod world;

pub use action::Action;
pub use actor::{Actor, ActorToken, Via};
pub use answer::{Answer, Door, in_header};
pub use authorizer::Authorizer;
pub use change::{AuditEntry, AuditType, Change, Notice, NoticeKind, RetiredDigest};
pub use command::{
    Command, Details, NewToken, Refusal, RepositoryPatch, TokenPatch, UserPatch, Verdict, apply,
};
pub use decision::{CheckOutcome, Decision, Effect, Explanation, Obstacle, Presented, Request};
pub use document::{DocumentToken, FORMAT, LAST_GENERATION, OrgDocument, ServiceAccount};
pub use edge::EdgeCredential;
pub use error::ParseError;
pub use findings::{Finding, FindingKind, Thresholds};
pub use ids::{DisplayName, EdgeName, GroupName, Name, RESERVED_NAMES, TokenId};
pub use organization::{Member, Organization, Repository, ResourceGroup, Visibility};
pub use passage::{Caller, Needed, Passage};
pub use permission::{Permission, PermissionSet};
pub use policy::{Plan, TokenPolicy};
pub use preview::{Preview, PreviewSummary, PreviewToken};
pub use reason::{Reason, Remedy, Who};
pub use resource::{Resource, ResourceName, ResourceType};
pub use role::Role;
pub use row::Row;
pub use ruling::Ruling;
pub use secret::{
    Found, LentSecret, ORGANIZATION_PREFIX, PREFIX, TokenDigest, TokenSecret, mask, scan,
    scan_bytes,
};
pub use timestamp::{DAY, Timestamp};
pub use token::{
    Authorization, AuthorizationStatus, Badge, Entity, FineGrained, Grant, IssuedBy, Revocation,
    Standing, Token, TokenKind,
};
pub use user::User;
pub use words::words;
pub use world::{Audience, ListedToken, TokenView, World};
