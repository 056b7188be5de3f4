//! Any bytes as a bundle, a manifest or a block → a refusal, or a snapshot that answers.
//!
//! Bytes alone never get past the signature. So they are also taken as changes to a bundle, whose
//! manifest, pages and blocks are then named and signed anew: whatever a wrong writer could sign is
//! refused or answered without a panic, with memory for what is there and little more.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tokenward_core::snapshot::{
    BlockHash, Parts, PublicKey, Snapshot, Stamp, TrustedKeys, bundle_document, seal,
};
use tokenward_core::{
    Action, Authorizer, OrgDocument, Presented, Request, Resource, Thresholds, Timestamp, TokenId,
    TokenPolicy, TokenSecret,
};

const SEED: [u8; 32] = [7; 32];
const SECRET: &str = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";
/// The key's name and the signature before a manifest.
const HEAD: usize = 96;
const DOCUMENT: &str = include_str!("../seeds/document/contract.json");

/// The sealed manifest and the blocks of a bundle.
static PIECES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let document = OrgDocument::parse(DOCUMENT).expect("the seed is a document");
    let stamp = Stamp {
        revision: 1,
        issued: now(),
        expires: now().plus_days(1),
    };
    let bundle = bundle_document(&document, &stamp, &SEED).expect("it is valid");
    let mut rest = &bundle[9..];
    let mut pieces = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (piece, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
});

static KEYS: LazyLock<TrustedKeys> =
    LazyLock::new(|| TrustedKeys::of(&[PublicKey::of_seed(&SEED)]));

fuzz_target!(|bytes: &[u8]| {
    assert!(Snapshot::open(bytes, &KEYS, now()).is_err());
    let _ = TrustedKeys::parse(&String::from_utf8_lossy(bytes));
    let begun = Snapshot::begin("acme", &seal(bytes, &SEED), Parts::All, &KEYS, now());
    if let Ok(mut update) = begun {
        let _ = update.supply(bytes);
        assert!(update.finish().is_err());
    }
    if let Ok(snapshot) = Snapshot::open(changed(bytes), &KEYS, now()) {
        ask(Authorizer::of_snapshot(snapshot).expect("its organization has a name"));
    }
});

/// The bundle with some bytes of its pieces replaced, all hashes and the signature made right.
fn changed(bytes: &[u8]) -> Vec<u8> {
    let mut pieces = PIECES.clone();
    let before: Vec<BlockHash> = pieces.iter().map(|piece| BlockHash::of(piece)).collect();
    for [which, low, high, value] in bytes.as_chunks::<4>().0 {
        let count = pieces.len();
        let piece = &mut pieces[usize::from(*which) % count];
        let at = usize::from(u16::from_le_bytes([*low, *high]));
        match at.checked_rem(piece.len()) {
            // Every now and then a piece is cut, or gets longer.
            Some(at) if value % 16 == 15 => piece.truncate(at.max(HEAD.min(piece.len()))),
            Some(at) if value % 16 == 14 => piece.extend([*value; 3].iter().take(at % 4)),
            Some(at) => piece[at] = *value,
            None => {}
        }
    }
    // A page stands before its blocks, so names are made right from the end.
    for at in (1..pieces.len()).rev() {
        let hash = BlockHash::of(&pieces[at]);
        for piece in &mut pieces[..at] {
            replace(piece, before[at].as_bytes(), hash.as_bytes());
        }
    }
    let manifest = pieces[0].get(HEAD..).unwrap_or_default();
    pieces[0] = seal(manifest, &SEED);
    let mut bundle = b"TWBUND01\x01".to_vec();
    for piece in &pieces {
        bundle.extend((piece.len() as u32).to_le_bytes());
        bundle.extend(piece);
    }
    bundle
}

fn replace(piece: &mut [u8], from: &[u8; 32], to: &[u8; 32]) {
    for at in 0..piece.len().saturating_sub(31) {
        if piece[at..at + 32] == *from {
            piece[at..at + 32].copy_from_slice(to);
        }
    }
}

fn ask(authorizer: Authorizer) {
    let secret = TokenSecret::parse(SECRET).expect("it is not empty");
    let id = TokenId::parse("65f0c0ffee0000000000000a").expect("an id");
    let tokens = [
        Presented::Nothing,
        Presented::Secret(&secret),
        Presented::Id(id),
    ];
    let resources = ["org:acme", "model:acme/bert", "user:bob", "space:bob/own"];
    for token in tokens {
        for resource in resources.map(|text| Resource::parse(text).expect("a resource")) {
            for action in [Action::RepoContentRead, Action::OrgTokensWrite] {
                let request = Request {
                    token,
                    action: action.as_str(),
                    resource,
                    now: now(),
                };
                let decision = authorizer.decide(&request);
                assert_eq!(authorizer.explain(&request).decision, decision);
            }
        }
    }
    for policy in TokenPolicy::ALL {
        drop(authorizer.preview(policy));
    }
    drop(authorizer.findings(now(), &Thresholds::default()));
    let snapshot = authorizer.snapshot().expect("it is made of one");
    let again = Snapshot::open(snapshot.bundle(), &KEYS, now()).expect("it was read once");
    assert_eq!(again.generation(), snapshot.generation());
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_780_000_000_000)
}
