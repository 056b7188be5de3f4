//! One snapshot after the other: what is fetched, what is refused, what is never seen.

use tokenward_core::snapshot::{
    Parts, PublicKey, Snapshot, SnapshotError, SnapshotWriter, Stamp, TrustedKeys, Update, seal,
};
use tokenward_core::{Authorizer, Name, Revocation, Row, Standing, TokenId, World};

use crate::make::{SEED, acme, always, keys, now, open, sealed, time, written};

/// Revokes a token, as the server's writer is told of it.
fn revoke(world: &mut World, writer: &mut SnapshotWriter, number: u8) {
    let (mut organization, generation) = world.organization("acme").expect("it is there");
    organization.name = Name::parse("acme").expect("a name");
    let rows = [
        Row::Organization {
            organization,
            generation: generation + 1,
        },
        Row::Standing {
            token: id(number),
            org: Name::parse("acme").expect("a name"),
            standing: Standing {
                revoked: Some(Revocation {
                    at: now(),
                    by: Name::parse("ada").expect("a name"),
                    reason: None,
                }),
                ..Standing::default()
            },
        },
    ];
    writer.touch(world, &rows);
    rows.iter().for_each(|row| world.apply(row));
    writer.touch(world, &rows);
}

fn id(number: u8) -> TokenId {
    TokenId::parse(&format!("{number:024x}")).expect("an id")
}

/// Supplies everything that is missing, and counts it.
fn supply(update: &mut Update, writer: &SnapshotWriter) -> usize {
    let mut supplied = 0;
    loop {
        let missing = update.missing();
        if missing.is_empty() {
            return supplied;
        }
        for hash in missing {
            let block = writer.block(&hash).expect("the newest blocks are there");
            update.supply(block).expect("it is one of them");
            supplied += 1;
        }
    }
}

#[test]
fn an_update_fetches_what_changed_and_nothing_else() {
    let (mut world, mut writer) = written(&acme());
    let held = open(&sealed(&mut writer, &world, &always(1)).1);
    revoke(&mut world, &mut writer, 1);
    let written = writer.write(&world, &always(2));
    let sealed = seal(&written.manifest, &SEED);
    let mut update = held.update(&sealed, &keys(), now()).expect("it follows");
    assert_eq!(held.generation(), 42);
    // The page of the tokens and the block that it names.
    assert_eq!(supply(&mut update, &writer), 2);
    assert_eq!((written.fresh.len(), written.gone.len()), (2, 2));
    let next = update.finish().expect("everything is there");
    assert_eq!((held.generation(), next.generation()), (42, 43));
    let whole = writer
        .bundle(&sealed, Parts::All)
        .expect("it is the newest")
        .write();
    assert_eq!(next.bundle(), whole);
    assert_eq!(open(&whole).bundle(), whole);
}

#[test]
fn a_manifest_alone_is_enough_to_begin_with() {
    let (world, mut writer) = written(&acme());
    let (sealed, bundle) = sealed(&mut writer, &world, &always(1));
    for (parts, count) in [(Parts::All, 10), (Parts::Decisions, 8)] {
        let begun = Snapshot::begin("acme", &sealed, parts, &keys(), now());
        let mut update = begun.expect("a valid manifest");
        assert_eq!(supply(&mut update, &writer), count);
        let snapshot = update.finish().expect("everything is there");
        assert_eq!(snapshot.parts(), parts);
        let expected = writer
            .bundle(&sealed, parts)
            .expect("it is the newest")
            .write();
        assert_eq!(snapshot.bundle(), expected);
        assert_eq!(expected == bundle, parts == Parts::All);
    }
}

#[test]
fn what_is_incomplete_is_never_a_snapshot() {
    let (world, mut writer) = written(&acme());
    let (sealed, _) = sealed(&mut writer, &world, &always(1));
    let mut update = Snapshot::begin("acme", &sealed, Parts::All, &keys(), now()).expect("valid");
    loop {
        assert_eq!(
            update.clone().finish().err(),
            Some(SnapshotError::MissingBlock)
        );
        let first = update.missing()[0];
        let block = writer.block(&first).expect("it is there");
        let refused = update.supply([block, &[0]].concat());
        assert_eq!(refused, Err(SnapshotError::WrongBlock));
        update.supply(block).expect("it is missing");
        assert_eq!(update.supply(block), Err(SnapshotError::WrongBlock));
        if update.missing().is_empty() {
            break;
        }
    }
    assert!(update.finish().is_ok());
}

#[test]
fn an_older_manifest_is_refused_once_a_newer_one_is_held() {
    let (mut world, mut writer) = written(&acme());
    let (first, _) = sealed(&mut writer, &world, &always(1));
    revoke(&mut world, &mut writer, 1);
    let (second, bundle) = sealed(&mut writer, &world, &always(2));
    let held = open(&bundle);
    let again = held
        .update(&second, &keys(), now())
        .expect("the same again");
    assert_eq!(again.missing().len(), 0);
    let replayed = held.update(&first, &keys(), now());
    assert_eq!(replayed.err(), Some(SnapshotError::Rollback));
}

/// Servers on one database sign the same at different moments, and an edge meets them in any order.
#[test]
fn what_says_the_same_is_nothing_newer_whenever_it_was_signed() {
    let (world, mut writer) = written(&acme());
    let (_, bundle) = sealed(&mut writer, &world, &always(2));
    let held = open(&bundle);
    let earlier = Stamp {
        issued: time("2026-02-28T20:00:00Z"),
        ..always(2)
    };
    let sooner = Stamp {
        expires: time("2026-03-01T15:00:00Z"),
        ..always(3)
    };
    for stamp in [always(1), earlier, sooner] {
        let (sealed, _) = sealed(&mut writer, &world, &stamp);
        let update = held.update(&sealed, &keys(), now());
        let next = update.expect("it says the same").finish();
        assert_eq!(next.expect("nothing is missing").stamp(), held.stamp());
    }
    let longer = Stamp {
        expires: time("2026-03-02T00:00:00Z"),
        ..always(1)
    };
    let (sealed, _) = sealed(&mut writer, &world, &longer);
    let update = held
        .update(&sealed, &keys(), now())
        .expect("it lasts longer");
    let next = update.finish().expect("nothing is missing");
    assert_eq!(next.stamp(), &longer);
}

#[test]
fn the_same_moment_cannot_say_two_things() {
    let (world, mut writer) = written(&acme());
    let held = open(&sealed(&mut writer, &world, &always(1)).1);
    let mut other = acme();
    other["members"][1]["role"] = "admin".into();
    let (other, mut other_writer) = written(&other);
    let (conflicting, _) = sealed(&mut other_writer, &other, &always(1));
    let refused = held.update(&conflicting, &keys(), now());
    assert_eq!(refused.err(), Some(SnapshotError::Conflict));
    // A display name makes no new generation: the revision tells the two apart.
    let (later, _) = sealed(&mut other_writer, &other, &always(2));
    assert!(held.update(&later, &keys(), now()).is_ok());
}

#[test]
fn without_details_decisions_are_the_same_but_for_names() {
    let (world, mut writer) = written(&acme());
    let sealed = seal(&writer.write(&world, &always(1)).manifest, &SEED);
    let hot = writer
        .bundle(&sealed, Parts::Decisions)
        .expect("the newest")
        .write();
    let authorizer = Authorizer::from_snapshot(hot, &keys(), now()).expect("it is valid");
    assert!(!authorizer.knows_details());
    assert_eq!(authorizer.snapshot().map(Snapshot::token_count), Some(3));
}

#[test]
fn a_snapshot_says_whether_its_key_is_still_trusted() {
    let (world, mut writer) = written(&acme());
    let held = open(&sealed(&mut writer, &world, &always(1)).1);
    assert!(held.is_signed_by(&keys()));
    let other = PublicKey::of_seed(&[9; 32]);
    assert!(!held.is_signed_by(&TrustedKeys::of(&[other])));
    assert!(held.is_signed_by(&TrustedKeys::of(&[other, PublicKey::of_seed(&SEED)])));
}
