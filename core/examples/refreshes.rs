//! Writes snapshots that follow one another, for tests in other languages: into the folder that is
//! named, `first.bundle`, the manifests `second` and `third` that may follow it, the manifests `other`
//! (another organization's), `stranger` (signed with another key) and `gone` (expired) that may not,
//! `restored`, issued after them at a lower generation, as by a server that came back from a backup,
//! the blocks of all of them by their hashes, and `keys.json` with the key that is trusted.
//!
//! The seeds are nobody's secret. What is issued is issued twelve hours before the corpus's requests and
//! holds for a day. In the second, everything is revoked.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokenward_core::snapshot::{Parts, PublicKey, SnapshotWriter, Stamp, jwks, seal};
use tokenward_core::{OrgDocument, Timestamp, World};

const SEED: [u8; 32] = [7; 32];
const STRANGER: [u8; 32] = [8; 32];
const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("the folder is named");
    let folder = PathBuf::from(folder);
    fs::create_dir_all(folder.join("blocks"))?;
    let first = document();
    let mut second = first.clone();
    second["generation"] = json!(43);
    for token in second["tokens"].as_array_mut().expect("a list") {
        token["revoked"] = json!({"at": "2026-02-01T00:00:00Z", "by": "ada"});
    }
    let mut third = second.clone();
    third["generation"] = json!(44);
    let other =
        json!({"format": "tokenward.org/1", "organization": {"name": "other"}, "generation": 50});
    write(&folder, "first", &first, 1, DAY, &SEED)?;
    write(&folder, "second", &second, 2, DAY, &SEED)?;
    write(&folder, "third", &third, 3, DAY, &SEED)?;
    write(&folder, "other", &other, 4, DAY, &SEED)?;
    write(&folder, "stranger", &third, 3, DAY, &STRANGER)?;
    write(&folder, "gone", &third, 3, HOUR, &SEED)?;
    let mut restored = first;
    restored["generation"] = json!(8);
    write(&folder, "restored", &restored, 9, DAY, &SEED)?;
    let keys = jwks(&[PublicKey::of_seed(&SEED)]).to_string();
    fs::write(folder.join("keys.json"), keys)
}

fn document() -> Value {
    let path = "corpus/policy-require-approval.json";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    let corpus: Value = serde_json::from_str(&text.expect("the corpus is there")).expect("JSON");
    corpus["document"].clone()
}

fn write(
    folder: &Path,
    name: &str,
    document: &Value,
    revision: u64,
    life: i64,
    seed: &[u8; 32],
) -> std::io::Result<()> {
    let document = OrgDocument::parse(&document.to_string()).expect("a valid document");
    let world = World::of_document(&document).expect("a valid document");
    let org = document.organization.name.as_str();
    let mut writer = SnapshotWriter::new(&world, org).expect("it is there");
    let issued = match name {
        "restored" => "2026-03-01T06:00:00Z",
        _ => "2026-03-01T00:00:00Z",
    };
    let issued = Timestamp::parse(issued).expect("a time");
    let stamp = Stamp {
        revision,
        issued,
        expires: Timestamp::from_millis(issued.as_millis() + life),
    };
    let written = writer.write(&world, &stamp);
    let sealed = seal(&written.manifest, seed);
    for hash in &written.fresh {
        let block = writer.block(hash).expect("it is fresh");
        fs::write(folder.join("blocks").join(hash.to_string()), block)?;
    }
    let bundle = writer
        .bundle(&sealed, Parts::All)
        .expect("the newest")
        .write();
    fs::write(folder.join(name).with_extension("bundle"), bundle)?;
    fs::write(folder.join(name).with_extension("manifest"), sealed)
}
