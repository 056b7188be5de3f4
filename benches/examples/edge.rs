//! Writes what an edge decides from, for measurements in other languages: into the folder that is
//! named, the bundle of an organization with a million tokens (or as many as are named), the key that
//! it is signed with, the manifest and blocks of the next one, and requests, one a line.
//!
//! Usage: `edge FOLDER [TOKENS]`. The seed is nobody's secret, and the tokens exist nowhere else.

use std::fs;
use std::path::PathBuf;

use tokenward_benches::{Size, names, now, requests, world};
use tokenward_core::Row;
use tokenward_core::snapshot::{Parts, PublicKey, SnapshotWriter, Stamp, jwks, seal};
use tokenward_core::{Revocation, Standing};

const SEED: [u8; 32] = [7; 32];
const REQUESTS: u32 = 1_000_000;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the folder is named"));
    let tokens = arguments.next().map_or(1_000_000, |number| {
        number.parse().expect("tokens are a number")
    });
    fs::create_dir_all(folder.join("blocks"))?;
    let size = Size::one_org(tokens);
    let mut world = world(size);
    let mut writer = SnapshotWriter::new(&world, names::org(0).as_str()).expect("it is there");
    let sealed = seal(&writer.write(&world, &stamp(1)).manifest, &SEED);
    for (name, parts) in [("decisions", Parts::Decisions), ("all", Parts::All)] {
        let bundle = writer
            .bundle(&sealed, parts)
            .expect("it is the newest")
            .write();
        fs::write(folder.join(name).with_extension("bundle"), bundle)?;
    }
    let asked: String = requests::questions(size, REQUESTS)
        .into_iter()
        .map(|question| {
            format!(
                "{} {} {}\n",
                question.token, question.action, question.resource
            )
        })
        .collect();
    fs::write(folder.join("requests.txt"), asked)?;
    let keys = jwks(&[PublicKey::of_seed(&SEED)]).to_string();
    fs::write(folder.join("keys.json"), keys)?;
    fs::write(folder.join("now.txt"), now().to_string())?;
    revoke_one(&mut world, &mut writer);
    let written = writer.write(&world, &stamp(2));
    fs::write(folder.join("next.manifest"), seal(&written.manifest, &SEED))?;
    for hash in &written.fresh {
        let block = writer.block(hash).expect("it is fresh");
        fs::write(folder.join("blocks").join(hash.to_string()), block)?;
    }
    Ok(())
}

fn stamp(revision: u64) -> Stamp {
    Stamp {
        revision,
        issued: now(),
        expires: now().plus_days(1),
    }
}

fn revoke_one(world: &mut tokenward_core::World, writer: &mut SnapshotWriter) {
    let rows = [Row::Standing {
        token: names::token_id(1),
        org: names::org(0),
        standing: Standing {
            revoked: Some(Revocation {
                at: now(),
                by: names::user(0),
                reason: None,
            }),
            ..Standing::default()
        },
    }];
    writer.touch(world, &rows);
    rows.iter().for_each(|row| world.apply(row));
    writer.touch(world, &rows);
}
