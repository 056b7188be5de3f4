//! A writer of a large organization: pieces that are cut and come together again, and rows whose
//! keys are equal.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tokenward_core::snapshot::{Claims, Parts, SnapshotWriter, seal};
use tokenward_core::{
    Authorizer, Member, Presented, Request, Resource, Role, Row, Token, TokenId, World,
};

use crate::make::{SEED, acme, always, keys, now, open, parse, sealed, written};

/// The token of this number; its owner is one of a few hundred, and so are its grants.
fn token(number: u32) -> Token {
    let digest: Vec<u32> = (0..8)
        .map(|word| number.wrapping_mul(0x9e37_79b9).rotate_left(word * 5) ^ word)
        .collect();
    let digest: String = digest.iter().map(|word| format!("{word:08x}")).collect();
    let document = json!({
        "format": "tokenward.org/1", "organization": {"name": "acme"},
        "tokens": [{
            "id": format!("{number:024x}"), "owner": format!("user-{}", number % 700), "role": "fineGrained",
            "digest": digest, "createdAt": "2026-01-01T00:00:00Z", "displayName": format!("token {number}"),
            "expiresAt": number.is_multiple_of(3).then_some("2026-06-01T00:00:00.5Z"),
            "fineGrained": {"scoped": [
                {"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read"]},
                {"entity": {"type": "model", "name": format!("acme/m{}", number % 900)}, "permissions": ["repo.write"]},
            ]},
        }],
    });
    parse(&document).tokens[0].token()
}

fn change(world: &mut World, writer: &mut SnapshotWriter, rows: &[Row]) {
    writer.touch(world, rows);
    rows.iter().for_each(|row| world.apply(row));
    writer.touch(world, rows);
}

fn assert_fresh(world: &World, writer: &mut SnapshotWriter, revision: u64) {
    let stamp = always(revision);
    let mut fresh = SnapshotWriter::new(world, "acme").expect("it is there");
    let (followed, fresh) = (writer.write(world, &stamp), fresh.write(world, &stamp));
    assert_eq!(followed.manifest, fresh.manifest);
}

fn start() -> (World, SnapshotWriter) {
    let document = json!({"format": "tokenward.org/1", "organization": {"name": "acme"}});
    let world = World::of_document(&parse(&document)).expect("it is valid");
    let writer = SnapshotWriter::new(&world, "acme").expect("it is there");
    (world, writer)
}

fn gone(number: u32) -> Row {
    Row::TokenGone {
        id: TokenId::parse(&format!("{number:024x}")).expect("an id"),
    }
}

#[test]
fn tables_that_grow_and_shrink_are_cut_as_if_they_were_new() {
    let (mut world, mut writer) = start();
    // Small steps are followed row by row, large ones are written anew.
    for (revision, (from, to)) in [(0, 900), (900, 1_500), (1_500, 4_000), (4_000, 4_001)]
        .into_iter()
        .enumerate()
    {
        let rows: Vec<Row> = (from..to).map(|number| Row::Token(token(number))).collect();
        change(&mut world, &mut writer, &rows);
        assert_fresh(&world, &mut writer, revision as u64);
    }
    for (revision, (from, to)) in [(0, 700), (700, 1_500), (1_500, 2_300), (2_300, 4_001)]
        .into_iter()
        .enumerate()
    {
        let rows: Vec<Row> = (from..to).map(gone).collect();
        change(&mut world, &mut writer, &rows);
        assert_fresh(&world, &mut writer, revision as u64 + 10);
    }
}

#[test]
fn one_change_among_many_tokens_changes_one_block_of_each_kind() {
    let (mut world, mut writer) = start();
    let rows: Vec<Row> = (0..4_000).map(|number| Row::Token(token(number))).collect();
    change(&mut world, &mut writer, &rows);
    let first = writer.write(&world, &always(1));
    let mut renamed = token(77);
    renamed.expires_at = Some(now().plus_days(1));
    change(&mut world, &mut writer, &[Row::Token(renamed)]);
    let second = writer.write(&world, &always(2));
    // Details do not say when a token expires.
    assert_eq!((second.fresh.len(), second.gone.len()), (2, 2));
    assert!(first.fresh.len() > 20, "{}", first.fresh.len());
}

/// Pairs of names whose keys are equal, as `docs/snapshot-format.md` makes keys.
fn equal_keys() -> Vec<(String, String)> {
    let spread = |text: &str| {
        let fnv = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        let stirred = (fnv ^ (fnv >> 16)).wrapping_mul(0x85eb_ca6b);
        let stirred = (stirred ^ (stirred >> 13)).wrapping_mul(0xc2b2_ae35);
        stirred ^ (stirred >> 16)
    };
    let mut seen = BTreeMap::new();
    let names = (0..300_000_u64).map(|number| {
        format!(
            "n{:x}",
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number << 7
        )
    });
    names
        .filter_map(|name| {
            let before = seen.insert(spread(&name), name.clone())?;
            Some((before, name))
        })
        .collect()
}

#[test]
fn owners_with_equal_keys_are_told_apart() {
    let pairs = equal_keys();
    assert!(pairs.len() >= 2, "the keys are not spread by chance");
    let (mut world, mut writer) = start();
    let member = |name: &str, role| Row::Member {
        org: "acme".parse_name(),
        user: name.parse_name(),
        role,
    };
    let mut number = 0;
    let mut owners = BTreeMap::new();
    for (reader, admin) in &pairs {
        for (name, role) in [(admin, Role::Admin), (reader, Role::Read)] {
            let mut token = token(number);
            token.owner = name.parse_name();
            let rows = [member(name, Some(role)), Row::Token(token)];
            change(&mut world, &mut writer, &rows);
            // The rows of the other one get other numbers by it, or not.
            assert_fresh(&world, &mut writer, u64::from(number));
            owners.insert(number, role);
            number += 1;
        }
    }
    let sealed = seal(&writer.write(&world, &always(1_000)).manifest, &SEED);
    let bundle = writer
        .bundle(&sealed, Parts::All)
        .expect("the newest")
        .write();
    let edge = Authorizer::from_snapshot(bundle, &keys(), now()).expect("it is valid");
    for number in owners.keys() {
        let repository = format!("model:acme/m{}", number % 900);
        let request = Request {
            token: Presented::Id(token(*number).id),
            action: "repo.write",
            resource: Resource::parse(&repository).expect("a resource"),
            now: now(),
        };
        let mut expected = world.decide(&request);
        expected.generation = Some(edge.generation());
        assert_eq!(edge.decide(&request), expected, "{number}");
    }
    for (reader, _) in &pairs {
        change(&mut world, &mut writer, &[member(reader, None)]);
        assert_fresh(&world, &mut writer, 2_000);
    }
    assert!(
        world
            .members("acme")
            .iter()
            .all(|member: &Member| member.role == Role::Admin)
    );
}

trait ParseName {
    fn parse_name(&self) -> tokenward_core::Name;
}

impl ParseName for str {
    fn parse_name(&self) -> tokenward_core::Name {
        tokenward_core::Name::parse(self).expect("the tests write valid names")
    }
}

#[test]
fn a_bundle_is_the_same_in_pieces_and_says_what_is_in_it() {
    let (world, mut writer) = written(&acme());
    let (sealed, whole) = sealed(&mut writer, &world, &always(7));
    let bundle = writer.bundle(&sealed, Parts::All).expect("the newest");
    let pieces = (0..).map_while(|nth| bundle.piece(nth));
    assert_eq!(pieces.flatten().collect::<Vec<u8>>(), whole);
    assert_eq!(bundle.size(), whole.len());
    let claims = Claims::read(&whole).expect("it is a bundle");
    assert_eq!((claims.org.as_str(), claims.tokens), ("acme", 3));
    assert_eq!(claims.parts, Some(Parts::All));
    assert_eq!(claims.manifest, sealed.len());
    assert_eq!(keys().ids().next(), Some(claims.key));
    let blocks = claims.blocks.iter().map(|(_, _, length)| length + 4);
    assert_eq!(
        blocks.sum::<usize>() + 8 + 1 + 4 + sealed.len(),
        whole.len()
    );
    let hashes: BTreeSet<_> = claims.blocks.iter().map(|(_, hash, _)| *hash).collect();
    assert_eq!(hashes, open(&whole).hashes().collect());
    let alone = Claims::read(&sealed).expect("it is a manifest");
    assert_eq!((alone.generation, alone.parts), (claims.generation, None));
    for length in 0..whole.len() {
        // A cut between two blocks is for the reader to notice that knows what is missing.
        let _ = Claims::read(&whole[..length]);
    }
    assert!(Claims::read(b"").is_err());
}
