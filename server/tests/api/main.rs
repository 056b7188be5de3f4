//! The server from outside: real HTTP against the real server.
//!
//! One program for all of it, since linking the server takes longer than running it.

#[path = "../support/database/mod.rs"]
mod database;
#[path = "../support/meddling.rs"]
#[expect(dead_code, reason = "only the store's tests count")]
mod meddling;
#[path = "../support/patience.rs"]
mod patience;
#[path = "../support/server.rs"]
mod server;

mod answers;
mod audit;
mod authz;
mod bad_heads;
mod bad_input;
mod check;
mod documents;
mod edge;
mod edge_credentials;
mod explain;
mod fixture;
mod gateway;
mod matrix;
mod mended;
mod receipts;
mod service;
mod signing;
mod snapshots;
mod streams;

use database::{Database, Kind, with_database};
use server::{Server, Setup};

/// Runs a case against a server on an empty database.
async fn run<F>(kind: Kind, case: impl FnOnce(Server) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    run_with(kind, Setup::default(), case).await;
}

/// Runs a case against a server that is set up in another way.
async fn run_with<F>(kind: Kind, setup: Setup, case: impl FnOnce(Server) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let test =
        async move |database: Database| case(Server::start_with(&database, setup).await).await;
    with_database(kind, test).await;
}

/// Makes a test of each case on each of the databases.
macro_rules! cases {
    ($($databases:ident $file:ident: $($case:ident,)*;)*) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::run(super::Kind::Sqlite, super::$file::$case).await;
                }
            )*)*
        }
        mod postgres {
            $($(cases!(@postgres $databases $file $case);)*)*
        }
    };
    (@postgres sqlite $file:ident $case:ident) => {};
    (@postgres both $file:ident $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            super::run(super::Kind::Postgres, super::$file::$case).await;
        }
    };
}

cases! {
    both check:
        a_decision_is_always_200,
        an_outsider_is_told_no_generation,
        a_filter_keeps_what_the_token_may_do,
        a_use_is_written_down,
    ;
    sqlite check:
        the_token_may_be_the_password_of_basic,
        only_the_authorization_header_counts,
        a_hubs_credential_is_no_token,
        a_filter_refuses_a_bad_token_and_too_many_resources,
    ;
    sqlite explain:
        every_obstacle_is_told_with_its_remedy,
        what_is_allowed_has_no_obstacle,
        a_hub_request_is_explained_need_by_need,
        a_bad_token_is_in_the_way_of_what_needs_any,
        what_no_row_lists_is_explained,
        a_hidden_repository_looks_unlisted,
        a_question_has_one_form,
    ;
    both audit:
        entries_have_the_hubs_shape,
        entries_are_filtered,
    ;
    sqlite audit:
        a_deleted_token_is_marked,
        changes_by_command_line_are_the_systems,
        only_the_permission_opens_the_log,
    ;
    both service:
        the_server_says_that_it_lives_and_can_work,
    ;
    both snapshots:
        an_edge_decides_as_the_server,
        a_refresh_fetches_what_changed_and_shows_it_at_once,
    ;
    sqlite snapshots:
        a_manifest_that_is_held_is_not_sent_again,
        blocks_can_be_kept_and_outlive_their_manifest_for_a_while,
    ;
    both streams:
        every_change_is_streamed,
    ;
    sqlite streams:
        a_stream_goes_on_where_it_broke_off,
        a_stream_begins_with_what_is_newest_then,
        a_stream_ends_when_its_reader_may_not_read,
        streams_do_not_keep_a_server_from_stopping,
    ;
    both receipts:
        a_wait_tells_when_every_edge_has_applied_a_generation,
        whoever_reads_with_a_token_is_waited_for,
    ;
    sqlite receipts:
        a_fetch_reports_too_and_counts_as_held,
        the_processes_of_an_edge_are_bounded,
    ;
    both signing:
        keys_are_changed_with_an_overlap,
    ;
    sqlite edge_credentials:
        an_edge_is_an_edge_of_its_organization_only,
        a_leaked_edge_credential_is_withdrawn_by_whoever_reports_it,
    ;
    sqlite service:
        numbers_name_nobody,
        the_list_of_endpoints_is_served,
    ;
    sqlite gateway:
        what_no_row_lists_is_refused,
        half_a_pair_is_refused,
        both_pairs_at_once_are_refused,
        a_repeated_header_is_refused,
        unreadable_headers_are_refused,
        either_pair_will_do,
        head_is_get_and_options_is_refused,
        any_method_reaches_it,
    ;
    sqlite answers:
        git_is_asked_for_a_password,
        a_401_is_worded_for_clients,
        a_404_can_be_sent_as_403,
        names_are_always_sent,
        an_expiring_token_is_warned_of,
    ;
    sqlite authz:
        reads_and_writes_are_told_apart,
        public_rows_do_not_look_at_the_token,
        any_needs_a_valid_token,
        listings_name_the_readable_organizations,
        the_body_of_a_post_is_judged,
        a_body_without_post_is_not_read,
        a_long_body_counts_as_none,
        both_sides_must_be_allowed,
        the_callers_namespace_is_the_tokens_owner,
        a_namespace_is_an_organization_or_a_user,
        no_cookie_is_read,
        a_hub_is_nobody_at_the_gate,
        what_an_organization_blocks_is_refused,
    ;
    both mended:
        one_value_makes_one_rotation,
        a_use_of_the_earlier_value_does_not_count,
    ;
    sqlite mended:
        the_last_unsuspended_administrator_stays,
        generations_are_told_to_those_who_belong,
        what_cannot_be_read_is_not_nothing,
        revoked_tokens_are_listed_when_asked_for,
        an_unlisted_repository_is_its_makers,
        headers_are_ascii,
    ;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_edge_is_waited_for() {
    receipts::a_withdrawn_edge_is_waited_for_until_it_refuses_by_itself().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn manifests_are_signed_again() {
    signing::a_manifest_is_signed_again_long_before_it_expires().await;
}

/// Runs a test with two servers on one database.
async fn with_two_servers<F>(kind: Kind, test: impl FnOnce(Server, Server) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let begin = async |database: Database| {
        let server = Server::start(&database).await;
        let other = Server::start_on(&database.address, Setup::default(), None).await;
        test(server, other).await;
    };
    with_database(kind, begin).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_share_their_edges() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        with_two_servers(kind, receipts::edges_of_one_server_are_seen_by_another).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_hand_out_what_others_have_changed() {
    let test = receipts::nothing_is_handed_out_that_another_server_has_changed;
    for kind in [Kind::Sqlite, Kind::Postgres] {
        with_two_servers(kind, test).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_is_lost() {
    snapshots::a_fetch_that_is_given_up_loses_no_change().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_off_server_is_not_fresh() {
    signing::a_server_that_is_cut_off_signs_nothing_fresh().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edges_outlive_settings() {
    receipts::an_edge_is_live_for_as_long_as_what_it_was_handed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_know_each_others_generations() {
    let test = receipts::a_generation_of_another_server_is_known_at_once;
    with_two_servers(Kind::Postgres, test).await;
}
