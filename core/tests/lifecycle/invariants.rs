//! What must hold after every call, whatever it was and whoever made it.

use std::collections::{BTreeMap, BTreeSet};

use tokenward_core::{
    Actor, AuthorizationStatus, Change, Command, Name, NoticeKind, Reason, Role, Row, Standing,
    TokenId, Verdict, Via,
};

use crate::generate::{ORGS, REPOSITORIES};
use crate::host::Host;
use crate::reach::Reach;
use crate::rows::Rows;

/// How far each token reached where and when it was approved.
#[derive(Default)]
pub(crate) struct Approvals(BTreeMap<(TokenId, Name), Reach>);

/// One call that was carried out, between two states.
pub(crate) struct Step<'a> {
    pub(crate) before: &'a Rows,
    pub(crate) after: &'a Host,
    pub(crate) actor: &'a Actor,
    pub(crate) command: &'a Command,
    pub(crate) change: &'a Change,
}

impl Step<'_> {
    pub(crate) fn check(&self, approvals: &mut Approvals) {
        self.empty_changes_are_empty();
        self.generations_grow_by_one_entry_each();
        self.standings_follow_their_rules();
        self.administrators_are_told_within_bounds();
        self.organizations_stay_sound();
        self.made_at_once();
        self.widening_is_what_takes_approvals_away();
        self.nothing_approved_has_grown(approvals);
    }

    fn empty_changes_are_empty(&self) {
        if self.change.is_empty() {
            assert_eq!(self.change, &Change::default());
            assert_eq!(self.before, &self.after.rows);
        }
    }

    fn generations_grow_by_one_entry_each(&self) {
        for (org, (_, generation)) in &self.after.rows.orgs {
            let before = self.before.orgs.get(org).map_or(0, |(_, before)| *before);
            let entries = self.change.entries.iter().filter(|entry| entry.org == *org);
            let numbers: Vec<u64> = entries.map(|entry| entry.generation).collect();
            let expected: Vec<u64> = (before + 1..=*generation).collect();
            assert_eq!(numbers, expected);
            assert!(numbers.len() <= 1, "one entry for each organization");
            let log: Vec<u64> = self.after.entries[org]
                .iter()
                .map(|entry| entry.generation)
                .collect();
            assert_eq!(log, (1..=*generation).collect::<Vec<u64>>());
            if numbers.is_empty() {
                self.is_untouched(org);
            }
        }
    }

    /// Nothing that an organization has changed without an entry.
    fn is_untouched(&self, org: &Name) {
        let (before, mut after) = (self.before.document(org), self.after.rows.document(org));
        let (mut named_before, mut named_after) = (before.tokens.clone(), after.tokens.clone());
        // Names are no entry, and what does not name the organization is none of its business.
        for tokens in [&mut named_before, &mut named_after] {
            tokens
                .iter_mut()
                .for_each(|token| token.display_name = None);
            tokens.retain(|token| token.token().names_org(org.as_str()));
            for grants in tokens
                .iter_mut()
                .filter_map(|token| token.fine_grained.as_mut())
            {
                *grants = grants.narrowed_to(org.as_str());
            }
        }
        assert_eq!(named_before, named_after, "{:?}", self.command);
        after.tokens.clone_from(&before.tokens);
        assert_eq!(before, after, "{:?}", self.command);
        let here = |rows: &Rows| -> Vec<(TokenId, Standing)> {
            let rows = rows.standings.iter().filter(|((_, of), _)| of == org);
            rows.map(|((id, _), standing)| (*id, standing.clone()))
                .filter(|(id, _)| self.after.rows.tokens.contains_key(id))
                .collect()
        };
        assert_eq!(here(self.before), here(&self.after.rows));
    }

    fn standings_follow_their_rules(&self) {
        for ((id, org), before) in &self.before.standings {
            if !self.after.rows.tokens.contains_key(id) {
                continue;
            }
            let after = self.after.rows.standing(*id, org);
            if before.revoked.is_some() {
                assert_eq!(after.revoked, before.revoked, "revoked stays revoked");
                let admitted = self.after.world.admit(*id, org.as_str());
                assert_ne!(admitted, Some(Reason::Granted));
            }
            let became = |from, to| before.status() == from && after.status() == to;
            if became(AuthorizationStatus::Denied, AuthorizationStatus::Approved) {
                let approve = matches!(
                    self.command,
                    Command::Review {
                        verdict: Verdict::Approve,
                        ..
                    }
                );
                assert!(approve, "a denial ended by {:?}", self.command);
            }
            if became(AuthorizationStatus::Denied, AuthorizationStatus::Pending) {
                let removed = matches!(self.command, Command::RemoveMember { .. });
                assert!(removed, "a denial ended by {:?}", self.command);
            }
        }
        let revoked = |rows: &Rows| {
            let standings = rows.standings.values();
            standings
                .filter(|standing| standing.revoked.is_some())
                .count()
        };
        if revoked(&self.after.rows) > revoked(self.before) {
            let revoke = Verdict::Revoke;
            assert!(matches!(self.command, Command::Review { verdict, .. } if *verdict == revoke));
        }
    }

    fn administrators_are_told_within_bounds(&self) {
        let mut told: BTreeMap<_, BTreeSet<&Name>> = BTreeMap::new();
        for notice in &self.change.notices {
            let kind = notice.kind;
            if !matches!(
                kind,
                NoticeKind::ApprovalRequested | NoticeKind::ApprovalsNeeded
            ) {
                continue;
            }
            let org = notice.org.as_ref().expect("it is about an organization");
            let role = self.before.members.get(&(org.clone(), notice.to.clone()));
            assert_eq!(role, Some(&Role::Admin));
            let user = &self.before.users[&notice.to];
            assert!(user.email_confirmed && user.email.is_some());
            let fresh = told
                .entry((org, format!("{kind:?}")))
                .or_default()
                .insert(&notice.to);
            assert!(fresh, "{} is told twice", notice.to);
        }
        assert!(told.values().all(|told| told.len() <= 5));
    }

    fn organizations_stay_sound(&self) {
        for org in ORGS {
            assert!(self.after.world.admin_count(org) > 0, "{org}");
            let document = self.after.rows.document(&crate::build::name(org));
            assert_eq!(document.check(), Ok(()), "{:?}", self.command);
        }
    }

    /// What is made in an administrator's session is approved at once; nothing else is.
    fn made_at_once(&self) {
        let Command::CreateToken(new) = self.command else {
            return;
        };
        for org in ORGS.map(crate::build::name) {
            let names = new
                .fine_grained
                .as_ref()
                .is_some_and(|all| all.names_org(org.as_str()));
            let key = (org.clone(), new.owner.clone());
            let admin = self.before.members.get(&key) == Some(&Role::Admin);
            let standing = self.after.rows.standing(new.id, &org);
            let decided = standing.authorization;
            let status = decided.as_ref().map(|decided| decided.status);
            let at_once = self.actor.is_session() && admin;
            let expected = match (names, at_once) {
                (false, _) => None,
                (true, true) => Some(AuthorizationStatus::Approved),
                (true, false) => Some(AuthorizationStatus::Pending),
            };
            assert_eq!(status, expected);
            assert_eq!(decided.and_then(|decided| decided.decided_by), None);
        }
    }

    /// Approved becomes pending exactly by widening, but in an administrator's session.
    fn widening_is_what_takes_approvals_away(&self) {
        let Command::UpdateToken { id, .. } = self.command else {
            return;
        };
        let (before, after) = (&self.before.tokens[id], &self.after.rows.tokens[id]);
        for org in ORGS.map(crate::build::name) {
            let was = self.before.standing(*id, &org);
            let key = (org.clone(), after.owner.clone());
            let admin = self.before.members.get(&key) == Some(&Role::Admin);
            let at_once = self.actor.is_session() && admin;
            let approved = was.status() == AuthorizationStatus::Approved;
            if !approved || was.revoked.is_some() || at_once {
                continue;
            }
            let widened = Reach::of(after, org.as_str()).widens(&Reach::of(before, org.as_str()));
            let expected = match widened {
                true => AuthorizationStatus::Pending,
                false => AuthorizationStatus::Approved,
            };
            let now = self.after.rows.standing(*id, &org);
            assert_eq!(now.status(), expected, "{before:?}\n{after:?}");
        }
    }

    /// However many changes it took, an approved token does not reach further than it did when it
    /// was approved.
    fn nothing_approved_has_grown(&self, approvals: &mut Approvals) {
        for row in &self.change.rows {
            if let Row::Standing { token, org, .. } = row {
                approvals.0.remove(&(*token, org.clone()));
            }
        }
        for ((id, org), standing) in &self.after.rows.standings {
            if standing.status() != AuthorizationStatus::Approved || standing.revoked.is_some() {
                continue;
            }
            let reach = Reach::of(&self.after.rows.tokens[id], org.as_str());
            // Deleting a repository removes grants, and so overrides, from everybody's tokens.
            let deleted = matches!(self.command, Command::DeleteRepository { .. });
            let key = (*id, org.clone());
            match approvals.0.get(&key) {
                Some(approved) if !deleted => assert!(!reach.exceeds(approved), "{reach:?}"),
                _ => drop(approvals.0.insert(key, reach)),
            }
        }
    }
}

/// No call with a token makes or changes another so that it is let in where the calling one was
/// not, except what still waits for approval.
///
/// What anybody may do on a public repository is not the organization's to grant.
pub(crate) fn check_reach(
    before: &tokenward_core::World,
    after: &Host,
    actor: &Actor,
    command: &Command,
) {
    let (Via::Token(caller), Some(subject)) = (&actor.via, subject(command)) else {
        return;
    };
    if caller.id == subject || !after.rows.tokens.contains_key(&subject) {
        return;
    }
    // The index before the call, asked as a host would ask.
    let asked = |id, action, resource| says(before, after, id, action, resource);
    for resource in ORGS
        .map(|org| format!("org:{org}"))
        .iter()
        .map(String::as_str)
        .chain(REPOSITORIES)
    {
        let listed = after.rows.repositories.get(&crate::build::repo(resource));
        if listed.is_some_and(|listed| listed.visibility == tokenward_core::Visibility::Public) {
            continue;
        }
        for action in tokenward_core::Action::ALL
            .iter()
            .map(|action| action.as_str())
        {
            let now = after.says(subject, action, resource) == Reason::Granted;
            let was = asked(subject, action, resource) || asked(caller.id, action, resource);
            assert!(!now || was, "{command:?} reaches {action} on {resource}");
        }
    }
}

fn says(
    world: &tokenward_core::World,
    host: &Host,
    id: TokenId,
    action: &str,
    resource: &str,
) -> bool {
    let request = tokenward_core::Request {
        token: tokenward_core::Presented::Id(id),
        action,
        resource: tokenward_core::Resource::parse(resource).expect("it is a resource"),
        now: host.now,
    };
    world.decide(&request).is_allowed()
}

fn subject(command: &Command) -> Option<TokenId> {
    match command {
        Command::CreateToken(new) => Some(new.id),
        Command::UpdateToken { id, .. } | Command::RotateToken { id, .. } => Some(*id),
        _ => None,
    }
}
