//! Random sequences of calls: what holds after each of them, and of all of them together.

use proptest::prelude::*;
use tokenward_core::{Authorizer, OrgDocument, World};

use crate::build::name;
use crate::generate::{Choices, ORGS, call, stage};
use crate::host::Host;
use crate::invariants::{Approvals, Step, check_reach};
use crate::rows::Rows;
use crate::same::assert_same;

/// Plays the calls that the bytes stand for, and shows each one that is carried out.
fn play(bytes: &[u8], mut each: impl FnMut(&World, &Step<'_>)) -> Host {
    let mut host = stage();
    let mut choices = Choices::new(bytes);
    while choices.are_left() {
        let (actor, command) = call(&mut choices, &mut host);
        let (rows, world) = (host.rows.clone(), host.world.clone());
        match host.run(&actor, &command) {
            Err(_) => assert_eq!(host.rows, rows, "a refusal changes nothing"),
            Ok(change) => each(
                &world,
                &Step {
                    before: &rows,
                    after: &host,
                    actor: &actor,
                    command: &command,
                    change: &change,
                },
            ),
        }
    }
    host
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..600)
}

/// `PROPTEST_CASES` sets how many sequences each property sees.
fn config() -> ProptestConfig {
    ProptestConfig {
        max_shrink_iters: 8192,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_change_keeps_the_rules(bytes in bytes()) {
        let mut approvals = Approvals::default();
        play(&bytes, |_, step| step.check(&mut approvals));
    }

    #[test]
    fn no_token_makes_another_that_reaches_further(bytes in bytes()) {
        play(&bytes, |before, step| check_reach(before, step.after, step.actor, step.command));
    }

    #[test]
    fn replaying_all_changes_gives_the_same_rows_and_answers(bytes in bytes()) {
        let host = play(&bytes, |_, _| {});
        let (mut rows, mut world) = (Rows::default(), World::default());
        for row in &host.journal {
            rows.put(row);
            world.apply(row);
        }
        prop_assert_eq!(&rows, &host.rows);
        assert_same(&host, &world);
    }

    #[test]
    fn an_index_loaded_from_the_rows_answers_like_one_that_followed_every_change(bytes in bytes()) {
        let host = play(&bytes, |_, _| {});
        let mut world = World::default();
        host.rows.all().iter().for_each(|row| world.apply(row));
        assert_same(&host, &world);
    }

    #[test]
    fn the_document_of_every_state_is_read_as_it_was_written(bytes in bytes()) {
        let host = play(&bytes, |_, _| {});
        for org in ORGS {
            let document = host.rows.document(&name(org));
            let text = serde_json::to_string(&document).expect("it is written as JSON");
            prop_assert_eq!(&OrgDocument::parse(&text), &Ok(document.clone()));
            let authorizer = Authorizer::from_document(&document).expect("it is accepted");
            for policy in tokenward_core::TokenPolicy::ALL {
                let (here, there) = (host.world.preview(org, policy), authorizer.preview(policy));
                prop_assert_eq!(here.summary, there.summary);
            }
        }
    }
}
