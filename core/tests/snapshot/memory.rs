//! What reading a snapshot takes is bounded by what was handed in, whatever the bytes say about
//! themselves: numbers of rows, lengths of blocks, depths of nodes.

use allocation_counter::measure;
use tokenward_core::snapshot::{Parts, Snapshot, bundle_document, seal};

use crate::make::{SEED, acme, always, keys, now, parse, sealed, written};

/// How many times the input may be in memory at once, and what is needed for anything at all: the
/// tables of a signature's check.
const TIMES: u64 = 24;
const ALWAYS: u64 = 64 * 1024;

#[track_caller]
fn is_bounded(input: &[u8], what: &str, read: impl FnOnce()) {
    let taken = measure(read).bytes_max;
    let size = u64::try_from(input.len()).expect("a length");
    assert!(
        taken <= size * TIMES + ALWAYS,
        "{what}: {taken} bytes for {size}"
    );
}

/// The values that hurt most in a place where a number may stand.
const HUGE: [[u8; 4]; 3] = [
    u32::MAX.to_le_bytes(),
    0x7fff_ffff_u32.to_le_bytes(),
    0x00ff_ffff_u32.to_le_bytes(),
];

/// The bytes with four of them replaced, at every place.
fn changed(whole: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..whole.len().saturating_sub(4)).flat_map(move |at| {
        HUGE.iter().map(move |huge| {
            let mut changed = whole.to_vec();
            changed[at..at + 4].copy_from_slice(huge);
            (at, changed)
        })
    })
}

#[test]
fn a_bundle_takes_no_more_than_it_is_long() {
    let whole = bundle_document(&parse(&acme()), &always(1), &SEED).expect("it is valid");
    for (at, changed) in changed(&whole) {
        is_bounded(&changed, &format!("byte {at}"), || {
            let opened = Snapshot::open(changed.clone(), &keys(), now());
            assert!(opened.is_err() || changed == whole);
        });
    }
}

/// Manifests and blocks that somebody has signed who should not have.
#[test]
fn a_manifest_that_is_signed_takes_no_more_either() {
    let (world, mut writer) = written(&acme());
    let manifest = writer.write(&world, &always(1)).manifest;
    for (at, changed) in changed(&manifest) {
        let sealed = seal(&changed, &SEED);
        is_bounded(&sealed, &format!("byte {at}"), || {
            let begun = Snapshot::begin("acme", &sealed, Parts::All, &keys(), now());
            if let Ok(mut update) = begun {
                let blocks = update.missing();
                let ours = blocks.iter().filter_map(|hash| writer.block(hash));
                for block in ours {
                    let _ = update.supply(block);
                }
                let _ = update.finish();
            }
        });
    }
    let (sealed, whole) = sealed(&mut writer, &world, &always(2));
    is_bounded(&whole, "the whole", || {
        Snapshot::open(whole.clone(), &keys(), now()).expect("it is valid");
    });
    is_bounded(&sealed, "the manifest", || {
        Snapshot::begin("acme", &sealed, Parts::All, &keys(), now()).expect("it is valid");
    });
}
