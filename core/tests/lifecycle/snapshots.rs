//! Snapshots of a world that changes: a writer that followed every change writes what a new one
//! would, and an edge that followed every manifest decides as the world does.

use proptest::prelude::*;
use tokenward_core::snapshot::{PublicKey, Snapshot, SnapshotWriter, Stamp, TrustedKeys, seal};
use tokenward_core::{
    Action, Authorizer, Decision, Presented, Request, Resource, Timestamp, TokenPolicy,
};

use crate::build::acme;
use crate::generate::{Choices, REPOSITORIES, call, stage};
use crate::host::Host;

const ORG: &str = "acme";
const SEED: [u8; 32] = [3; 32];

fn stamp(revision: u64, now: Timestamp) -> Stamp {
    Stamp {
        revision,
        issued: now,
        expires: now.plus_days(1),
    }
}

fn keys() -> TrustedKeys {
    TrustedKeys::of(&[PublicKey::of_seed(&SEED)])
}

/// An edge takes the writer's newest manifest, and fetches what it has not.
fn follow(
    held: Option<&Snapshot>,
    writer: &SnapshotWriter,
    sealed: &[u8],
    now: Timestamp,
) -> Snapshot {
    let Some(held) = held else {
        let bundle = writer.bundle(sealed, tokenward_core::snapshot::Parts::All);
        let bundle = bundle.expect("it is the newest").write();
        return Snapshot::open(bundle, &keys(), now).expect("it is valid");
    };
    let mut update = held.update(sealed, &keys(), now).expect("it follows");
    while let Some(hash) = update.missing().pop() {
        let block = writer.block(&hash).expect("the newest blocks are there");
        update.supply(block).expect("it is missing");
    }
    update.finish().expect("everything is there")
}

/// Plays the calls, with a writer and an edge that follow; gives back all three.
fn play(bytes: &[u8]) -> (Host, SnapshotWriter, Snapshot) {
    let mut host = stage();
    let mut writer = SnapshotWriter::new(&host.world, ORG).expect("it is there");
    let mut choices = Choices::new(bytes);
    let mut edge = None;
    let mut revision = 0;
    while choices.are_left() {
        let (actor, command) = call(&mut choices, &mut host);
        let Ok(change) = host.ask(&actor, &command) else {
            continue;
        };
        writer.touch(&host.world, &change.rows);
        host.run(&actor, &command).expect("it was allowed just now");
        writer.touch(&host.world, &change.rows);
        revision += 1;
        // Not after every change: several may come together.
        if revision % 3 == 0 {
            edge = Some(write(&mut writer, edge.as_ref(), &host, revision));
        }
    }
    let edge = write(&mut writer, edge.as_ref(), &host, revision + 1);
    (host, writer, edge)
}

fn write(
    writer: &mut SnapshotWriter,
    edge: Option<&Snapshot>,
    host: &Host,
    revision: u64,
) -> Snapshot {
    let written = writer.write(&host.world, &stamp(revision, host.now));
    follow(edge, writer, &seal(&written.manifest, &SEED), host.now)
}

fn resources() -> impl Iterator<Item = &'static str> {
    let more = ["org:acme", "model:acme/new", "user:acme"];
    REPOSITORIES
        .into_iter()
        .filter(|repo| repo.contains(":acme/"))
        .chain(more)
}

/// What the world says, at the generation of the organization. A token's name is the owner's own
/// where nobody has to approve: then an edge does not know it, and says "your token".
fn world_says(host: &Host, request: &Request<'_>) -> Decision {
    let mut decision = host.world.decide(request);
    decision.generation = host.world.generation(ORG);
    let named = host.world.policy(ORG) == Some(TokenPolicy::RequireApproval);
    if let (Some(remedy), Presented::Id(id), false) = (&mut decision.remedy, request.token, named)
        && let Some(name) = &host.rows.tokens[&id].display_name
    {
        remedy.text = remedy
            .text
            .replace(&format!("the token \"{name}\""), "your token")
            .into();
    }
    decision
}

/// Tokens that do not matter to the organization are not in its snapshot (contract §3.3).
fn is_in(host: &Host, edge: &Authorizer, token: Presented<'_>) -> bool {
    let request = Request {
        token,
        action: "org.read",
        resource: Resource::parse("org:acme").expect("a resource"),
        now: host.now,
    };
    let known = world_says(host, &request).reason.as_str() != "invalid_token";
    known && edge.decide(&request).reason.as_str() == "invalid_token"
}

fn compare(host: &Host, edge: &Authorizer) {
    let tokens = host.rows.tokens.keys().map(|id| Presented::Id(*id));
    for token in tokens.chain([Presented::Nothing]) {
        if is_in(host, edge, token) {
            let Presented::Id(id) = token else {
                panic!("no token at all is everywhere")
            };
            assert!(!host.world.is_shown(ORG, id), "a token is missing");
            continue;
        }
        for resource in resources() {
            for action in Action::ALL {
                let request = Request {
                    token,
                    action: action.as_str(),
                    resource: Resource::parse(resource).expect("a resource"),
                    now: host.now,
                };
                assert_eq!(
                    world_says(host, &request),
                    edge.decide(&request),
                    "{resource}"
                );
            }
        }
    }
    for policy in TokenPolicy::ALL {
        assert_eq!(host.world.preview(ORG, policy), edge.preview(policy));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_writer_that_followed_writes_what_a_new_one_writes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let (host, mut writer, edge) = play(&bytes);
        let mut fresh = SnapshotWriter::new(&host.world, ORG).expect("it is there");
        let stamp = stamp(1_000, host.now);
        let (followed, fresh) = (writer.write(&host.world, &stamp), fresh.write(&host.world, &stamp));
        prop_assert_eq!(followed.manifest, fresh.manifest);
        prop_assert!(followed.fresh.is_empty() && followed.gone.is_empty());
        compare(&host, &Authorizer::of_snapshot(edge).expect("it has a name"));
    }
}

/// Contract §7: administrators see what tokens are called where they have to approve.
#[test]
fn display_names_are_in_snapshots_under_require_approval_only() {
    let mut host = acme();
    host.fine_grained("bob", &[("org:acme", &["repo.content.read"])]);
    let mut writer = SnapshotWriter::new(&host.world, ORG).expect("it is there");
    let mut holds_name = |host: &Host, revision| {
        let written = writer.write(&host.world, &stamp(revision, host.now));
        let sealed = seal(&written.manifest, &SEED);
        let bundle = writer.bundle(&sealed, tokenward_core::snapshot::Parts::All);
        let bundle = bundle.expect("it is the newest").write();
        let name = host.rows.tokens.values().next().expect("a token");
        let name = name.display_name.as_ref().expect("a name").to_string();
        bundle
            .windows(name.len())
            .any(|window| window == name.as_bytes())
    };
    assert!(!holds_name(&host, 1));
    host.set_policy(TokenPolicy::RequireApproval);
    assert!(holds_name(&host, 2));
    host.set_policy(TokenPolicy::FineGrainedOnly);
    assert!(!holds_name(&host, 3));
}
