//! The contract of the store: one suite, run on SQLite and on PostgreSQL.
//!
//! What a change means is the core's to say and is tested there; here it is about keeping it.

#[path = "store/changes.rs"]
mod changes;
#[path = "store/crash.rs"]
mod crash;
#[path = "store/mirror.rs"]
mod mirror;
#[path = "store/outbox.rs"]
mod outbox;
#[path = "store/reading.rs"]
mod reading;
#[path = "store/servers.rs"]
mod servers;
mod support;

use support::database::{Kind, with_database};
use tokenward_server::store::{Store, StoreError};

/// Makes a test of each case for each database.
macro_rules! on_both {
    ($($file:ident: $($case:ident,)*;)*) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::with_database(super::Kind::Sqlite, super::$file::$case).await;
                }
            )*)*
        }
        mod postgres {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::with_database(super::Kind::Postgres, super::$file::$case).await;
                }
            )*)*
        }
    };
}

on_both! {
    changes:
        every_kind_of_row_is_read_back_as_it_was_put,
        removed_rows_are_gone,
        a_generation_that_does_not_follow_is_a_conflict,
        a_new_organization_cannot_replace_another,
        a_dropped_change_leaves_nothing,
        a_refused_change_leaves_nothing,
        an_empty_change_has_no_number,
        a_change_without_its_audit_entry_is_refused,
        concurrent_writers_leave_no_gap,
        names_are_never_used_again,
        a_digest_belongs_to_one_token,
    ;
    reading:
        tokens_come_in_the_order_asked,
        a_page_of_tokens_has_the_standings_of_one_organization,
        many_keys_are_no_trouble,
        users_and_owners_tokens_are_found,
        an_audit_log_is_read_newest_first,
        retired_digests_lead_to_the_token,
        last_use_never_goes_back,
        a_use_before_the_rotation_does_not_count,
        hub_credentials_are_kept,
        groups_have_stable_ids,
    ;
    servers:
        two_stores_see_each_others_changes,
        a_replayed_journal_gives_the_loaded_world,
        a_change_sees_what_others_committed_before_it,
        a_pruned_journal_is_noticed,
        a_journal_behind_the_reader_is_noticed,
        a_loaded_world_belongs_to_its_number,
        readers_do_not_wait_for_a_writer,
        a_hub_credential_is_in_the_journal,
        many_may_open_an_empty_database_at_once,
        opening_again_changes_nothing,
    ;
    outbox:
        four_workers_get_each_notice_once,
        a_claim_ends_when_nobody_reports,
        a_failed_notice_comes_again_later,
        a_delivered_notice_is_forgotten,
    ;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_what_a_killed_writer_was_told() {
    crash::killed_writers(Kind::Sqlite, "sqlite_keeps_what_a_killed_writer_was_told").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_what_a_killed_writer_was_told() {
    crash::killed_writers(
        Kind::Postgres,
        "postgres_keeps_what_a_killed_writer_was_told",
    )
    .await;
}

#[tokio::test]
async fn an_unknown_address_is_refused_without_repeating_it() {
    for address in [
        "mysql://root:geheim@localhost/x",
        "geheim.db",
        "sqlite:",
        "sqlite::memory:",
    ] {
        let Err(StoreError::Other(why)) = Store::open(address).await else {
            panic!("`{address}` was opened");
        };
        assert!(why.contains("sqlite:") && !why.contains("geheim"), "{why}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_may_come_back() {
    let error = Store::open("postgres://nobody@127.0.0.1:1/nothing")
        .await
        .expect_err("an error");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}
