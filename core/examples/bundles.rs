//! Writes the corpus as snapshots, for tests in other languages: into the folder that is named, a
//! bundle for each document of `core/corpus`, and `keys.json` with the key that they are signed with.
//!
//! The seed is nobody's secret. The bundles are issued before the corpus's requests and hold for ten
//! years.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokenward_core::snapshot::{PublicKey, Stamp, bundle_document, jwks};
use tokenward_core::{OrgDocument, Timestamp};

const SEED: [u8; 32] = [7; 32];

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("the folder is named");
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder)?;
    let issued = Timestamp::parse("2026-01-01T00:00:00Z").expect("a time");
    let stamp = Stamp {
        revision: 1,
        issued,
        expires: issued.plus_days(3650),
    };
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in fs::read_dir(corpus)? {
        let path = entry?.path();
        let cases = serde_json::from_str(&fs::read_to_string(&path)?);
        let cases: Value = cases.expect("the corpus is JSON");
        let document = OrgDocument::parse(&cases["document"].to_string());
        let document = document.expect("the corpus is valid");
        let bundle = bundle_document(&document, &stamp, &SEED).expect("it is small enough");
        let name = path.file_stem().expect("a file has a name");
        fs::write(folder.join(name).with_extension("bundle"), bundle)?;
    }
    let keys = jwks(&[PublicKey::of_seed(&SEED)]).to_string();
    fs::write(folder.join("keys.json"), keys)
}
