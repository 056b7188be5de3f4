//! Documents, keys and bundles for the tests of snapshots.

use serde_json::{Value, json};
use tokenward_core::snapshot::{
    Parts, PublicKey, Snapshot, SnapshotWriter, Stamp, TrustedKeys, bundle_document, seal,
};
use tokenward_core::{Authorizer, OrgDocument, Timestamp, World};

pub(crate) const SEED: [u8; 32] = [7; 32];

pub(crate) fn keys() -> TrustedKeys {
    TrustedKeys::of(&[PublicKey::of_seed(&SEED)])
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("the tests write valid times")
}

pub(crate) fn now() -> Timestamp {
    time("2026-03-01T12:00:00Z")
}

/// From before the tests' requests to after them.
pub(crate) fn always(revision: u64) -> Stamp {
    Stamp {
        revision,
        issued: time("2026-03-01T00:00:00Z"),
        expires: time("2026-03-01T18:00:00Z"),
    }
}

pub(crate) fn parse(document: &Value) -> OrgDocument {
    OrgDocument::parse(&document.to_string()).expect("the tests write valid documents")
}

/// The snapshot of a document, through bytes and back.
pub(crate) fn authorizer(document: &Value) -> Authorizer {
    let bundle = bundle_document(&parse(document), &always(0), &SEED).expect("it is valid");
    Authorizer::from_snapshot(bundle, &keys(), now()).expect("what was written is read")
}

/// A small organization with everything in it.
pub(crate) fn acme() -> Value {
    json!({
        "format": "tokenward.org/1", "generation": 42,
        "organization": {"name": "acme", "tokenPolicy": "require-approval"},
        "members": [{"user": "ada", "role": "admin"}, {"user": "bob", "role": "write"}],
        "serviceAccounts": [{"name": "acme-ci"}],
        "resourceGroups": [{"name": "lab", "members": [{"user": "bob", "role": "read"}]}],
        "resources": [
            {"type": "model", "name": "acme/bert", "resourceGroup": "lab", "createdBy": "bob"},
            {"type": "model", "name": "acme/open", "visibility": "public", "gated": true, "gatedUsers": ["zed", "xia"]},
        ],
        "tokens": [
            token(1, "bob", json!({"displayName": "laptop", "expiresAt": "2026-06-01T00:00:00Z"})),
            token(2, "zed", json!({"role": "read", "fineGrained": null})),
            token(3, "acme-ci", json!({"digest": null})),
        ],
    })
}

fn token(number: u8, owner: &str, more: Value) -> Value {
    let mut token = json!({
        "id": format!("{number:024x}"), "owner": owner, "role": "fineGrained",
        "digest": format!("{number:02x}").repeat(32), "createdAt": "2026-01-01T00:00:00Z",
        "fineGrained": {"scoped": [{"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.write"]}]},
    });
    for (key, value) in more.as_object().expect("an object") {
        token[key] = value.clone();
    }
    token
}

/// A writer and its world, which a test changes.
pub(crate) fn written(document: &Value) -> (World, SnapshotWriter) {
    let world = World::of_document(&parse(document)).expect("it is valid");
    let writer = SnapshotWriter::new(&world, "acme").expect("it is there");
    (world, writer)
}

/// The sealed manifest of a writer, and the whole bundle.
pub(crate) fn sealed(
    writer: &mut SnapshotWriter,
    world: &World,
    stamp: &Stamp,
) -> (Vec<u8>, Vec<u8>) {
    let sealed = seal(&writer.write(world, stamp).manifest, &SEED);
    let bundle = writer
        .bundle(&sealed, Parts::All)
        .expect("it is the newest")
        .write();
    (sealed, bundle)
}

pub(crate) fn open(bundle: &[u8]) -> Snapshot {
    Snapshot::open(bundle, &keys(), now()).expect("what was written is read")
}
