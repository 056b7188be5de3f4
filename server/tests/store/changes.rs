//! Changes are kept whole, in order, and only when nobody was faster.

use std::collections::BTreeSet;

use tokenward_core::{
    Change, GroupName, IssuedBy, Repository, ResourceName, RetiredDigest, Revocation, Role, Row,
    Standing, Token, TokenKind, User, Visibility,
};
use tokenward_server::store::{Store, StoreError};

use crate::mirror::Mirror;
use crate::support::database::Database;
use crate::support::rows::*;

pub(crate) async fn open(database: &Database) -> Store {
    Store::open(&database.address)
        .await
        .expect("the store opens")
}

pub(crate) async fn commit(store: &Store, change: &Change) -> Result<(), StoreError> {
    store.begin().await?.commit(change, noon()).await
}

/// A store with `acme`, of which `ada` and `bob` are members, at generation 1.
pub(crate) async fn founded(database: &Database) -> Store {
    let store = open(database).await;
    commit(&store, &founding("acme"))
        .await
        .expect("an organization");
    store
}

/// Rows of every kind, with everything that can be absent once present and once absent.
pub(crate) fn rows_of_every_kind() -> Vec<Row> {
    let bare_user = User {
        id: token_id(77).to_string(),
        name: name("Carol"),
        fullname: None,
        email: None,
        email_confirmed: false,
        suspended: true,
        site_admin: true,
        created_at: noon().plus_days(-400_000),
    };
    let lab = GroupName::parse("secret.lab_1").expect("a name");
    let resource = ResourceName::parse("dataset:acme/Corpus.v2").expect("a resource");
    let bare_repository = Repository::new(&resource);
    let repository = Repository {
        visibility: Visibility::Public,
        gated: true,
        resource_group: Some(lab.clone()),
        created_by: Some(name("bob")),
        gated_users: vec![name("zoe"), name("nobody-knows")],
        ..Repository::new(&ResourceName::parse("space:acme/demo").expect("a resource"))
    };
    let members = vec![
        group_member("bob", Role::Write),
        group_member("ada", Role::NoAccess),
    ];
    let unscoped = Token {
        kind: TokenKind::Write,
        display_name: None,
        digest: None,
        last4: None,
        expires_at: None,
        last_used_at: Some(noon()),
        fine_grained: None,
        issued_by: IssuedBy::TokenExchange,
        ..token(2, "acme-ci", "acme")
    };
    let named = "Über \"laptop\" 🦊 '; DROP TABLE tokens; --";
    let odd = Token {
        display_name: Some(tokenward_core::DisplayName::parse(named).expect("a name")),
        ..token(1, "bob", "acme")
    };
    let revoked = |reason: Option<&str>| Standing {
        revoked: Some(Revocation {
            at: noon(),
            by: name("ada"),
            reason: reason.map(Into::into),
        }),
        told_at: Some(noon()),
        ..Standing::default()
    };
    vec![
        Row::User(bare_user),
        Row::ServiceAccount {
            org: name("acme"),
            name: name("acme-ci"),
        },
        member("acme", "Carol", Role::NoAccess),
        Row::Group {
            org: name("acme"),
            name: lab,
            members: Some(members),
        },
        Row::Group {
            org: name("acme"),
            name: GroupName::parse("empty").expect("a name"),
            members: Some(Vec::new()),
        },
        Row::Repository(bare_repository),
        Row::Repository(repository),
        Row::Token(odd),
        Row::Token(unscoped),
        approved(1, "acme", "ada"),
        Row::Standing {
            token: token_id(2),
            org: name("acme"),
            standing: revoked(Some("leaked")),
        },
    ]
}

pub(crate) async fn every_kind_of_row_is_read_back_as_it_was_put(database: Database) {
    let store = founded(&database).await;
    let change = change("acme", 2, rows_of_every_kind());
    commit(&store, &change).await.expect("a change");
    let (loaded, _) = Mirror::load(&store).await;
    for row in &change.rows {
        assert!(loaded.holds(row), "{row:?} is not in {loaded:#?}");
    }
    assert_eq!(
        loaded.len(),
        founding("acme").rows.len() + rows_of_every_kind().len()
    );
    // Putting the same once more changes nothing but the generation.
    let again = Change {
        rows: rows_of_every_kind(),
        ..Change::default()
    };
    commit(&store, &again).await.expect("the same again");
    assert_eq!(Mirror::load(&store).await.0, loaded);
}

pub(crate) async fn removed_rows_are_gone(database: Database) {
    let store = founded(&database).await;
    let (before, _) = Mirror::load(&store).await;
    commit(&store, &change("acme", 2, rows_of_every_kind()))
        .await
        .expect("rows");
    let resource = |text| ResourceName::parse(text).expect("a resource");
    let group = |text| GroupName::parse(text).expect("a name");
    let org = || name("acme");
    let removals = vec![
        Row::Member {
            org: org(),
            user: name("Carol"),
            role: None,
        },
        Row::Group {
            org: org(),
            name: group("secret.lab_1"),
            members: None,
        },
        Row::Group {
            org: org(),
            name: group("empty"),
            members: None,
        },
        Row::RepositoryGone {
            resource: resource("dataset:acme/Corpus.v2"),
        },
        Row::RepositoryGone {
            resource: resource("space:acme/demo"),
        },
        Row::Standing {
            token: token_id(2),
            org: org(),
            standing: Standing::default(),
        },
        Row::TokenGone { id: token_id(1) },
        Row::TokenGone { id: token_id(2) },
    ];
    let retired = RetiredDigest {
        digest: digest(99),
        token: token_id(1),
        by_itself: true,
    };
    let rotation = Change {
        retired: vec![retired],
        ..change("acme", 3, Vec::new())
    };
    commit(&store, &rotation).await.expect("a rotation");
    commit(&store, &change("acme", 4, removals))
        .await
        .expect("removals");
    let (after, _) = Mirror::load(&store).await;
    // A user and a service account stay.
    assert_eq!(after.len(), before.len() + 2, "{after:#?}");
    assert!(
        store
            .standings_of(&[token_id(1), token_id(2)])
            .await
            .expect("standings")
            .is_empty()
    );
    let mut tx = store.begin().await.expect("a change");
    assert_eq!(tx.retired(&digest(99)).await.expect("an answer"), None);
    drop(tx);
    assert_eq!(
        store.audit(&org(), 10).await.expect("a log").len(),
        4,
        "the log stays"
    );
}

pub(crate) async fn a_generation_that_does_not_follow_is_a_conflict(database: Database) {
    let store = founded(&database).await;
    commit(&store, &one_more_token("acme", 2))
        .await
        .expect("generation 2");
    for generation in [0, 2, 4] {
        let late = commit(&store, &change("acme", generation, Vec::new())).await;
        assert!(
            matches!(late, Err(StoreError::Conflict)),
            "{generation}: {late:?}"
        );
    }
    let unknown = commit(&store, &change("nowhere", 2, Vec::new())).await;
    assert!(matches!(unknown, Err(StoreError::Conflict)), "{unknown:?}");
    commit(&store, &one_more_token("acme", 3))
        .await
        .expect("generation 3");
}

pub(crate) async fn a_new_organization_cannot_replace_another(database: Database) {
    let store = founded(&database).await;
    let again = commit(&store, &change("acme", 1, Vec::new())).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
}

pub(crate) async fn a_dropped_change_leaves_nothing(database: Database) {
    let store = founded(&database).await;
    let before = Mirror::load(&store).await;
    let tx = store.begin().await.expect("a change");
    assert_eq!(tx.seq(), 2);
    drop(tx);
    assert_eq!(Mirror::load(&store).await, before);
    let tx = store.begin().await.expect("another change");
    assert_eq!(tx.seq(), 2, "the number was given back");
}

pub(crate) async fn a_refused_change_leaves_nothing(database: Database) {
    let store = founded(&database).await;
    let before = Mirror::load(&store).await;
    let mut refused = one_more_token("acme", 2);
    refused.retired.push(RetiredDigest {
        digest: digest(9),
        token: token_id(2),
        by_itself: false,
    });
    // The last row is what is wrong, after everything else has been written.
    refused.rows.push(organization("nowhere", 7));
    refused.entries.push(entry("nowhere", 7));
    let outcome = commit(&store, &refused).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    // A token of nobody is refused when the change is committed, not before.
    let orphan = Change {
        notices: vec![notice("bob", 1)],
        ..founding("other")
    };
    let orphan = Change {
        rows: orphan
            .rows
            .into_iter()
            .chain([Row::Token(token(5, "nobody-here", "acme"))])
            .collect(),
        ..orphan
    };
    assert!(commit(&store, &orphan).await.is_err());
    assert_eq!(Mirror::load(&store).await, before);
    assert_eq!(
        store.audit(&name("acme"), 10).await.expect("a log").len(),
        1
    );
    assert!(store.claim(10, noon()).await.expect("notices").is_empty());
    let mut tx = store.begin().await.expect("a change");
    assert_eq!(tx.retired(&digest(9)).await.expect("an answer"), None);
    assert!(!tx.name_taken("other").await.expect("an answer"));
}

pub(crate) async fn an_empty_change_has_no_number(database: Database) {
    let store = founded(&database).await;
    commit(&store, &Change::default())
        .await
        .expect("nothing to do");
    assert_eq!(store.journal_head().await.expect("a number"), 1);
}

pub(crate) async fn a_change_without_its_audit_entry_is_refused(database: Database) {
    let store = founded(&database).await;
    let silent = Change {
        entries: Vec::new(),
        ..one_more_token("acme", 2)
    };
    let twice = Change {
        entries: vec![entry("acme", 2), entry("acme", 2)],
        ..silent.clone()
    };
    let wrong = Change {
        entries: vec![entry("acme", 3)],
        ..silent.clone()
    };
    for change in [silent, twice, wrong] {
        let outcome = commit(&store, &change).await;
        assert!(matches!(outcome, Err(StoreError::Other(_))), "{outcome:?}");
    }
    assert_eq!(store.journal_head().await.expect("a number"), 1);
}

/// Eight writers in two stores, each with 25 changes made from what the journal says.
pub(crate) async fn concurrent_writers_leave_no_gap(database: Database) {
    let stores = [founded(&database).await, open(&database).await];
    let writers = (0..8).map(|writer| tokio::spawn(write_25(stores[writer % 2].clone())));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer");
    }
    let log = stores[0].audit(&name("acme"), 1000).await.expect("a log");
    let generations: Vec<_> = log
        .iter()
        .rev()
        .map(|stored| stored.entry.generation)
        .collect();
    assert_eq!(generations, (1..=201).collect::<Vec<_>>());
    let ids: BTreeSet<_> = log.iter().map(|stored| &stored.id).collect();
    assert_eq!(ids.len(), 201);
    let (loaded, seq) = Mirror::load(&stores[1]).await;
    assert!(loaded.holds(&organization("acme", 201)));
    assert_eq!(seq, 201);
    let journal = stores[0]
        .journal_since(0)
        .await
        .expect("a journal")
        .expect("all of it");
    let numbers: Vec<_> = journal.iter().map(|entry| entry.seq).collect();
    assert_eq!(numbers, (1..=201).collect::<Vec<_>>());
}

async fn write_25(store: Store) {
    let mut seen = 0;
    let mut generation = 0;
    for _ in 0..25 {
        let mut tx = store.begin().await.expect("a turn");
        let news = tx
            .journal_since(seen)
            .await
            .expect("a journal")
            .expect("all of it");
        generation += u64::try_from(news.len()).expect("a few") + 1;
        seen = tx.seq();
        tx.commit(&one_more_token("acme", generation), noon())
            .await
            .expect("no conflict");
    }
}

pub(crate) async fn names_are_never_used_again(database: Database) {
    let store = founded(&database).await;
    let mut number = 100;
    let mut anew = |row: Row| {
        number += 1;
        match row {
            Row::User(user) => Row::User(User {
                id: token_id(number).to_string(),
                ..user
            }),
            other => other,
        }
    };
    let organization_bob = change("bob", 1, Vec::new());
    let account = Row::ServiceAccount {
        org: name("acme"),
        name: name("BOB"),
    };
    let taken = [
        organization_bob,
        change("Acme", 1, Vec::new()),
        change("acme", 2, vec![anew(user("ACME"))]),
        change("acme", 2, vec![anew(user("Bob"))]),
        change("acme", 2, vec![anew(user("bob"))]),
        change("acme", 2, vec![account]),
    ];
    for change in taken {
        let outcome = commit(&store, &change).await;
        assert!(
            matches!(outcome, Err(StoreError::Conflict)),
            "{change:?}: {outcome:?}"
        );
    }
    let mut tx = store.begin().await.expect("a change");
    for (text, taken) in [("acme", true), ("bob", true), ("acme-2", false)] {
        assert_eq!(
            tx.name_taken(&name(text).key()).await.expect("an answer"),
            taken,
            "{text}"
        );
    }
}

pub(crate) async fn a_digest_belongs_to_one_token(database: Database) {
    let store = founded(&database).await;
    commit(&store, &one_more_token("acme", 2))
        .await
        .expect("a token");
    let copy = Token {
        digest: Some(digest(2)),
        ..token(3, "bob", "acme")
    };
    let outcome = commit(&store, &change("acme", 3, vec![Row::Token(copy)])).await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
}
