//! What is not as it was signed is refused, byte by byte.

use serde_json::Value;
use tokenward_core::Timestamp;
use tokenward_core::snapshot::{
    LONGEST_LIFE, Parts, PublicKey, Snapshot, SnapshotError, Stamp, TrustedKeys, bundle_document,
    seal,
};

use crate::make::{SEED, acme, always, keys, now, open, parse, sealed, time, written};

fn bundle(document: &Value) -> Vec<u8> {
    bundle_document(&parse(document), &always(1), &SEED).expect("a valid document")
}

fn refusal(bundle: &[u8]) -> Option<SnapshotError> {
    Snapshot::open(bundle, &keys(), now()).err()
}

#[test]
fn every_flipped_byte_is_refused() {
    let whole = bundle(&acme());
    for at in 0..whole.len() {
        for bit in [0, 3, 7] {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            assert!(refusal(&changed).is_some(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn every_cut_and_every_addition_is_refused() {
    let whole = bundle(&acme());
    for end in 0..whole.len() {
        assert!(refusal(&whole[..end]).is_some(), "cut at {end}");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert_eq!(refusal(&longer), Some(SnapshotError::Malformed));
    let twice = [whole.as_slice(), &[4, 0, 0, 0, 1, 2, 3, 4]].concat();
    assert_eq!(refusal(&twice), Some(SnapshotError::WrongBlock));
}

#[test]
fn every_block_of_another_organization_or_generation_is_refused() {
    let (world, mut writer) = written(&acme());
    let (manifest, _) = sealed(&mut writer, &world, &always(1));
    let mut other = acme();
    other["members"][1]["role"] = "read".into();
    other["tokens"][0]["displayName"] = "desktop".into();
    other["resources"][0]["createdBy"] = Value::Null;
    other["tokens"][1]["fineGrained"] = Value::Null;
    let (other_world, mut other_writer) = written(&other);
    let (_, other_bundle) = sealed(&mut other_writer, &other_world, &always(2));
    let others = open(&other_bundle);
    let ours: Vec<_> = {
        let update = Snapshot::begin("acme", &manifest, Parts::All, &keys(), now());
        update.expect("a valid manifest").missing()
    };
    let mut foreign = 0;
    for hash in others.hashes() {
        let block = other_writer.block(&hash).expect("it is there");
        let mut update = Snapshot::begin("acme", &manifest, Parts::All, &keys(), now())
            .expect("a valid manifest");
        if !ours.contains(&hash) {
            assert_eq!(update.supply(block), Err(SnapshotError::WrongBlock));
            foreign += 1;
        }
        assert!(update.finish().is_err());
    }
    assert!(foreign >= 3, "{foreign}");
}

#[test]
fn a_foreign_key_and_a_foreign_signature_are_refused() {
    let (world, mut writer) = written(&acme());
    let manifest = writer.write(&world, &always(1)).manifest;
    let begin = |sealed: &[u8], keys: &TrustedKeys| {
        Snapshot::begin("acme", sealed, Parts::All, keys, now()).err()
    };
    let theirs = seal(&manifest, &[8; 32]);
    assert_eq!(begin(&theirs, &keys()), Some(SnapshotError::UnknownKey));
    // Their signature under our key's name.
    let mut forged = seal(&manifest, &SEED);
    forged[32..96].copy_from_slice(&theirs[32..96]);
    assert_eq!(begin(&forged, &keys()), Some(SnapshotError::BadSignature));
    // While one key follows another, both are good.
    let both = TrustedKeys::of(&[PublicKey::of_seed(&[8; 32]), PublicKey::of_seed(&SEED)]);
    assert_eq!(begin(&theirs, &both), None);
    assert_eq!(begin(&seal(&manifest, &SEED), &both), None);
}

#[test]
fn a_manifest_counts_only_between_its_times() {
    let (world, mut writer) = written(&acme());
    let stamp = Stamp {
        revision: 1,
        issued: time("2026-03-01T12:00:00Z"),
        expires: time("2026-03-01T12:10:00Z"),
    };
    let (sealed, _) = sealed(&mut writer, &world, &stamp);
    let at = |text| Snapshot::begin("acme", &sealed, Parts::All, &keys(), time(text)).err();
    assert_eq!(at("2026-03-01T12:09:59.999Z"), None);
    assert_eq!(at("2026-03-01T12:10:00Z"), Some(SnapshotError::Expired));
    assert_eq!(at("2026-03-01T11:55:00Z"), None);
    assert_eq!(
        at("2026-03-01T11:54:59.999Z"),
        Some(SnapshotError::NotYetValid)
    );
}

/// Whoever has the key, or made a mistake, cannot make edges decide from it for longer than a day.
#[test]
fn a_manifest_that_lasts_longer_than_a_day_is_refused() {
    let (world, mut writer) = written(&acme());
    let (_, held) = sealed(&mut writer, &world, &always(1));
    let held = open(&held);
    let lasting = |millis: i64| Stamp {
        expires: Timestamp::from_millis(now().as_millis() + millis),
        revision: 2,
        issued: now(),
    };
    let a_decade = 3650 * LONGEST_LIFE;
    for (life, expected) in [
        (LONGEST_LIFE, None),
        (LONGEST_LIFE + 1, Some(SnapshotError::LastsTooLong)),
        (a_decade, Some(SnapshotError::LastsTooLong)),
    ] {
        let stamp = lasting(life);
        let (sealed, bundle) = sealed(&mut writer, &world, &stamp);
        let begun = Snapshot::begin("acme", &sealed, Parts::All, &keys(), now());
        assert_eq!(begun.err(), expected, "{life}");
        let update = held.update(&sealed, &keys(), now());
        assert_eq!(update.err(), expected, "{life}");
        assert_eq!(refusal(&bundle), expected, "{life}");
        let written = bundle_document(&parse(&acme()), &stamp, &SEED);
        assert_eq!(written.is_err(), expected.is_some(), "{life}");
    }
    // Nor does it help to say that it was issued long ago: then it has expired.
    let (sealed, _) = sealed(&mut writer, &world, &lasting(LONGEST_LIFE));
    let later = Timestamp::from_millis(now().as_millis() + LONGEST_LIFE);
    let begun = Snapshot::begin("acme", &sealed, Parts::All, &keys(), later);
    assert_eq!(begun.err(), Some(SnapshotError::Expired));
}

#[test]
fn another_organization_is_refused() {
    let (world, mut writer) = written(&acme());
    let (sealed, _) = sealed(&mut writer, &world, &always(1));
    let begun = Snapshot::begin("beta", &sealed, Parts::All, &keys(), now());
    assert_eq!(begun.err(), Some(SnapshotError::WrongOrg));
    let text = acme().to_string().replace("acme", "beta");
    let beta: Value = serde_json::from_str(&text).expect("JSON");
    let held = open(&bundle(&beta));
    assert_eq!(
        held.update(&sealed, &keys(), now()).err(),
        Some(SnapshotError::WrongOrg)
    );
}

#[test]
fn codes_are_distinct() {
    let mut codes: Vec<&str> = SnapshotError::ALL
        .iter()
        .map(|error| error.code())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), SnapshotError::ALL.len());
}
