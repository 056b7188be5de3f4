//! Writes the corpus as snapshots, for tests in other languages: into the folder that is named, a
//! bundle for each document of `core/corpus`, `large.json` with `large.bundle`, whose tables are cut
//! into many blocks, and `keys.json` with the key that they are signed with.
//!
//! The seed is nobody's secret. The bundles are issued before the corpus's requests, and hold for the
//! day on which these are made.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokenward_core::snapshot::{PublicKey, Stamp, bundle_document, jwks};
use tokenward_core::{OrgDocument, Timestamp, TokenSecret};

const SEED: [u8; 32] = [7; 32];

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("the folder is named");
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder)?;
    let issued = Timestamp::parse("2026-03-01T00:00:00Z").expect("a time");
    let stamp = Stamp {
        revision: 1,
        issued,
        expires: issued.plus_days(1),
    };
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in fs::read_dir(corpus)? {
        let path = entry?.path();
        let cases = serde_json::from_str(&fs::read_to_string(&path)?);
        let cases: Value = cases.expect("the corpus is JSON");
        let name = path.file_stem().expect("a file has a name");
        write(&folder.join(name), &cases["document"].to_string(), &stamp)?;
    }
    let large = large().to_string();
    fs::write(folder.join("large.json"), &large)?;
    write(&folder.join("large"), &large, &stamp)?;
    let keys = jwks(&[PublicKey::of_seed(&SEED)]).to_string();
    fs::write(folder.join("keys.json"), keys)
}

fn write(path: &Path, document: &str, stamp: &Stamp) -> std::io::Result<()> {
    let document = OrgDocument::parse(document).expect("a valid document");
    let bundle = bundle_document(&document, stamp, &SEED).expect("it is small enough");
    fs::write(path.with_extension("bundle"), bundle)
}

/// An org so large that its tokens fill two pages, with something of everything.
fn large() -> Value {
    let members = (0..3000).map(|n| json!({"user": user(n), "role": (ROLES[n % 5])}));
    let groups = (0..40).map(|group| {
        let members = (0..3000_usize)
            .filter(|n| !n.is_multiple_of(5) && n % 40 == group)
            .map(|n| json!({"user": user(n), "role": (ROLES[n % 4 + 1])}));
        json!({"name": format!("group-{group}"), "members": members.collect::<Vec<_>>()})
    });
    json!({
        "format": "tokenward.org/1",
        "organization": {"name": "acme", "plan": "plus", "tokenPolicy": "require-approval"},
        "generation": 4711,
        "members": members.collect::<Vec<_>>(),
        "serviceAccounts": [{"name": "acme-ci"}],
        "resourceGroups": groups.collect::<Vec<_>>(),
        "resources": (0..4000).map(repository).collect::<Vec<_>>(),
        "tokens": (0..36_000).map(token).collect::<Vec<_>>(),
    })
}

const ROLES: [&str; 5] = ["no_access", "read", "contributor", "write", "admin"];

fn user(n: usize) -> String {
    format!("user{n}")
}

fn repository(n: usize) -> Value {
    let let_in = (0..n % 4).map(|more| user(n % 3000 + more));
    json!({
        "type": (["model", "dataset", "space"][n % 3]),
        "name": format!("acme/Repo-{n}"),
        "visibility": (["private", "public"][n % 2]),
        "gated": !n.is_multiple_of(4),
        "gatedUsers": let_in.collect::<Vec<_>>(),
        "resourceGroup": n.is_multiple_of(7).then(|| format!("group-{}", n % 40)),
        "createdBy": n.is_multiple_of(5).then(|| user(n % 3000)),
    })
}

fn token(n: usize) -> Value {
    let digest = TokenSecret::parse(&format!("token {n}")).expect("no secret of anybody's");
    let scoped = [
        json!({"entity": {"type": "org", "name": "acme"}, "permissions": [(PERMISSIONS[n % 4])]}),
        json!({"entity": {"type": "model", "name": format!("acme/Repo-{}", n % 4000)},
               "permissions": (&PERMISSIONS[n % 4..])}),
    ];
    let grants = json!({"scoped": scoped, "canReadGatedRepos": n.is_multiple_of(11)});
    let kind = if n.is_multiple_of(9) {
        "write"
    } else {
        "fineGrained"
    };
    let status = ["pending", "approved", "denied"][n % 3];
    json!({
        "id": format!("{:024x}", n + 1),
        "owner": user(n % 3000),
        "role": kind,
        "displayName": format!("token {n}"),
        "digest": digest.digest().to_string(),
        "createdAt": "2025-12-01T00:00:00Z",
        "expiresAt": n.is_multiple_of(6).then_some("2027-01-01T00:00:00.500Z"),
        "fineGrained": (kind == "fineGrained").then_some(grants),
        "authorization": (!n.is_multiple_of(4)).then(|| json!({"status": status})),
        "revoked": n.is_multiple_of(13).then(|| json!({"at": "2025-12-24T00:00:00Z", "by": "user4"})),
    })
}

const PERMISSIONS: [&str; 5] = [
    "repo.content.read",
    "repo.write",
    "discussion.write",
    "org.read",
    "unheard.of",
];
