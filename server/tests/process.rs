//! The real program, as a process: what it prints, keeps, survives and never says.
//!
//! What its answers mean is tested in-process elsewhere; here it is killed, watched and raced.

#[path = "process/crash.rs"]
mod crash;
#[path = "support/database/mod.rs"]
mod database;
#[path = "process/host.rs"]
mod host;
#[path = "process/machine.rs"]
mod machine;
#[path = "support/patience.rs"]
mod patience;
#[path = "process/races.rs"]
mod races;
#[path = "process/secrets.rs"]
mod secrets;
#[path = "process/snapshot.rs"]
mod snapshot;

use database::{Kind, with_database};

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
    crash:
        a_killed_server_has_every_change_that_it_acknowledged,
    ;
    races:
        two_hundred_revokes_are_one,
        of_two_administrators_one_comes_first,
        administrators_who_revoke_each_other_cannot_both_win,
        one_value_is_rotated_once,
        the_last_site_administrator_is_not_suspended,
    ;
    machine:
        a_policy_that_blocks_its_caller_is_refused_and_the_machine_can_still_set_it,
        a_hub_token_made_beside_a_running_server_lists_repositories,
        an_administrators_token_made_beside_a_running_server_works,
    ;
    snapshot:
        a_snapshot_in_a_file_is_verified_and_looked_into,
        a_key_is_rotated_beside_a_running_server,
        a_followed_server_ends_at_once,
    ;
    secrets:
        a_raw_token_is_in_no_log_and_no_database,
    ;
}
