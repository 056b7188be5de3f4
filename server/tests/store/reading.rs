//! What memory does not hold is read back whole and in order.

use tokenward_core::{Change, GroupName, Name, RetiredDigest, Row, Standing, Token, TokenId};
use tokenward_server::store::{HubCredential, Store, audit_id, group_id};

use crate::changes::{commit, founded};
use crate::support::database::Database;
use crate::support::rows::*;

/// `acme` with tokens 2 to 5, the token's number being the generation that made it.
async fn with_tokens(database: &Database) -> Store {
    let store = founded(database).await;
    for generation in 2..=5 {
        commit(&store, &one_more_token("acme", generation))
            .await
            .expect("a token");
    }
    store
}

async fn last_use(store: &Store, id: TokenId) -> Option<tokenward_core::Timestamp> {
    store
        .tokens(&[id])
        .await
        .expect("tokens")
        .first()
        .expect("the token")
        .last_used_at
}

pub(crate) async fn tokens_come_in_the_order_asked(database: Database) {
    let store = with_tokens(&database).await;
    let asked = [token_id(4), token_id(999), token_id(2)];
    let wanted = vec![token(4, "bob", "acme"), token(2, "bob", "acme")];
    assert_eq!(store.tokens(&asked).await.expect("tokens"), wanted);
    assert!(store.tokens(&[]).await.expect("tokens").is_empty());
    let mut tx = store.begin().await.expect("a change");
    assert_eq!(tx.tokens(&asked).await.expect("tokens"), wanted);
    assert_eq!(store.token_count().await.expect("a number"), 4);
}

pub(crate) async fn a_page_of_tokens_has_the_standings_of_one_organization(database: Database) {
    let store = with_tokens(&database).await;
    let elsewhere = vec![approved(3, "other", "bob")];
    commit(&store, &change("other", 1, elsewhere))
        .await
        .expect("another organization");
    let bare = Row::Token(token(50, "ada", "acme"));
    commit(
        &store,
        &Change {
            rows: vec![bare],
            ..Change::default()
        },
    )
    .await
    .expect("a token");
    let ids = [token_id(50), token_id(3)];
    let page = store.token_page(&name("acme"), &ids).await.expect("a page");
    let Row::Standing { standing, .. } = approved(3, "acme", "ada") else {
        unreachable!()
    };
    let wanted = vec![
        (token(50, "ada", "acme"), Standing::default()),
        (token(3, "bob", "acme"), standing),
    ];
    assert_eq!(page, wanted);
    let all = store.standings_of(&ids).await.expect("standings");
    let mut orgs: Vec<_> = all.iter().map(|(id, org, _)| (*id, org.as_str())).collect();
    orgs.sort_unstable();
    assert_eq!(orgs, [(token_id(3), "acme"), (token_id(3), "other")]);
    let mut tx = store.begin().await.expect("a change");
    assert_eq!(tx.standings(&ids).await.expect("standings").len(), 2);
}

pub(crate) async fn many_keys_are_no_trouble(database: Database) {
    let store = founded(&database).await;
    let rows = (1..=1200)
        .map(|number| Row::Token(token(number, "bob", "acme")))
        .collect();
    commit(&store, &change("acme", 2, rows))
        .await
        .expect("tokens");
    let ids: Vec<_> = (0..=1201).rev().map(token_id).collect();
    let found = store.tokens(&ids).await.expect("tokens");
    let numbers: Vec<_> = found.iter().map(|token| token.id).collect();
    assert_eq!(numbers, (1..=1200).rev().map(token_id).collect::<Vec<_>>());
}

pub(crate) async fn users_and_owners_tokens_are_found(database: Database) {
    let store = with_tokens(&database).await;
    let names = [name("bob"), name("zoe"), name("ada")];
    let users = store.users(&names).await.expect("users");
    let wanted: Vec<Row> = users.into_iter().map(Row::User).collect();
    assert_eq!(wanted, [user("bob"), user("ada")]);
    let early = Token {
        created_at: noon().plus_days(-1),
        ..token(60, "bob", "acme")
    };
    let change = Change {
        rows: vec![Row::Token(early)],
        ..Change::default()
    };
    commit(&store, &change).await.expect("an imported token");
    let wanted: Vec<_> = [60, 2, 3, 4, 5].map(token_id).into();
    let ids = |tokens: Vec<Token>| tokens.iter().map(|token| token.id).collect::<Vec<_>>();
    assert_eq!(
        ids(store.tokens_of(&name("bob")).await.expect("tokens")),
        wanted
    );
    let mut tx = store.begin().await.expect("a change");
    assert_eq!(
        ids(tx.tokens_of(&name("bob")).await.expect("tokens")),
        wanted
    );
    let found = tx.user(&name("ada")).await.expect("an answer");
    assert_eq!(found.map(Row::User), Some(user("ada")));
    assert_eq!(tx.user(&name("zoe")).await.expect("an answer"), None);
}

pub(crate) async fn an_audit_log_is_read_newest_first(database: Database) {
    let store = with_tokens(&database).await;
    let log = store.audit(&name("acme"), 2).await.expect("a log");
    let entries: Vec<_> = log.iter().map(|stored| stored.entry.clone()).collect();
    assert_eq!(entries, [entry("acme", 5), entry("acme", 4)]);
    assert_eq!(log[0].id, audit_id(&name("acme"), 5));
    assert!(
        store
            .audit(&name("nowhere"), 2)
            .await
            .expect("a log")
            .is_empty()
    );
}

pub(crate) async fn retired_digests_lead_to_the_token(database: Database) {
    let store = with_tokens(&database).await;
    let retired = |number, by_itself| RetiredDigest {
        digest: digest(number),
        token: token_id(2),
        by_itself,
    };
    let rotated = Token {
        digest: Some(digest(70)),
        ..token(2, "bob", "acme")
    };
    let change = Change {
        retired: vec![retired(2, true), retired(71, false)],
        ..change("acme", 6, vec![Row::Token(rotated.clone())])
    };
    commit(&store, &change).await.expect("a rotation");
    let mut tx = store.begin().await.expect("a change");
    for (number, wanted) in [
        (2, Some((token_id(2), true))),
        (71, Some((token_id(2), false))),
        (70, None),
    ] {
        assert_eq!(
            tx.retired(&digest(number)).await.expect("an answer"),
            wanted,
            "{number}"
        );
    }
    assert_eq!(tx.tokens(&[token_id(2)]).await.expect("tokens"), [rotated]);
}

pub(crate) async fn last_use_never_goes_back(database: Database) {
    let store = with_tokens(&database).await;
    let head = store.journal_head().await.expect("a number");
    let (early, late) = (noon().plus_days(1), noon().plus_days(2));
    let uses = [
        (token_id(2), late),
        (token_id(3), early),
        (token_id(999), late),
    ];
    store.touch(&uses).await.expect("uses");
    store
        .touch(&[(token_id(2), early)])
        .await
        .expect("a late report");
    store.touch(&[]).await.expect("nothing");
    assert_eq!(last_use(&store, token_id(2)).await, Some(late));
    assert_eq!(last_use(&store, token_id(3)).await, Some(early));
    assert_eq!(last_use(&store, token_id(4)).await, None);
    assert_eq!(
        store.journal_head().await.expect("a number"),
        head,
        "no change was made"
    );
}

pub(crate) async fn a_use_before_the_rotation_does_not_count(database: Database) {
    let store = with_tokens(&database).await;
    let rotated = Token {
        created_at: noon().plus_days(3),
        ..token(2, "bob", "acme")
    };
    let change = change("acme", 6, vec![Row::Token(rotated)]);
    commit(&store, &change).await.expect("a rotation");
    for at in [noon().plus_days(2), noon().plus_days(3)] {
        let late = store.touch(&[(token_id(2), at)]).await;
        late.expect("a late report");
        assert_eq!(last_use(&store, token_id(2)).await, None);
    }
}

pub(crate) async fn hub_credentials_are_kept(database: Database) {
    let store = founded(&database).await;
    let credential = |number: u64| HubCredential {
        id: token_id(number),
        digest: digest(number),
        last4: "WxYz".into(),
        created_at: noon(),
    };
    store
        .add_hub_credential(&credential(1))
        .await
        .expect("a credential");
    store
        .add_hub_credential(&credential(2))
        .await
        .expect("another");
    let again = HubCredential {
        id: token_id(3),
        ..credential(1)
    };
    assert!(
        store.add_hub_credential(&again).await.is_err(),
        "its digest is there already"
    );
    let kept = store.hub_credentials().await.expect("credentials");
    assert_eq!(kept, [credential(1), credential(2)]);
}

pub(crate) async fn groups_have_stable_ids(database: Database) {
    let store = founded(&database).await;
    let lab = GroupName::parse("lab").expect("a name");
    let org: Name = name("acme");
    let group = Row::Group {
        org: org.clone(),
        name: lab.clone(),
        members: Some(Vec::new()),
    };
    for generation in 2..=3 {
        let change = change("acme", generation, vec![group.clone()]);
        commit(&store, &change).await.expect("a group");
        let wanted = vec![(lab.clone(), group_id(&org, &lab))];
        assert_eq!(store.group_ids(&org).await.expect("ids"), wanted);
    }
}
