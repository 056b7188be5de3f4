//! Snapshots of one organization with a million tokens: their size, opening, deciding, refreshing.
//!
//! Stated limits: 32 bytes a token for all that decisions need, 80 ms to open a bundle with all
//! hashes and the signature, 64 kB for the refresh after one revocation.

mod support;

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use support::ProcessorTime;
use tokenward_benches::{Size, in_turn, is_trial, names, now, requests, world};
use tokenward_core::snapshot::{
    Parts, PublicKey, Snapshot, SnapshotWriter, Stamp, TrustedKeys, seal,
};
use tokenward_core::{
    Authorizer, Presented, Request, Resource, Revocation, Row, Standing, TokenSecret, World,
};

const SEED: [u8; 32] = [7; 32];

fn keys() -> TrustedKeys {
    TrustedKeys::of(&[PublicKey::of_seed(&SEED)])
}

fn stamp(revision: u64) -> Stamp {
    Stamp {
        revision,
        issued: now(),
        expires: now().plus_days(1),
    }
}

/// The rows of revoking a token, or of forgetting that it was.
fn standing(token: u32, is_revoked: bool) -> [Row; 1] {
    let revoked = is_revoked.then(|| Revocation {
        at: now(),
        by: names::user(0),
        reason: None,
    });
    [Row::Standing {
        token: names::token_id(token),
        org: names::org(0),
        standing: Standing {
            revoked,
            ..Standing::default()
        },
    }]
}

fn change(world: &mut World, writer: &mut SnapshotWriter, rows: &[Row]) {
    writer.touch(world, rows);
    rows.iter().for_each(|row| world.apply(row));
    writer.touch(world, rows);
}

fn ask(authorizer: &Authorizer, question: &requests::Question) -> bool {
    let secret = TokenSecret::parse(&question.token).expect("a token");
    let decision = authorizer.decide(&Request {
        token: Presented::Secret(&secret),
        action: question.action,
        resource: Resource::parse(&question.resource).expect("a resource"),
        now: now(),
    });
    decision.is_allowed()
}

fn bench(c: &mut Criterion<ProcessorTime>) {
    let size = Size::one_org(if is_trial() { 10_000 } else { 1_000_000 });
    let mut world = world(size);
    let org = names::org(0);
    let mut writer = SnapshotWriter::new(&world, org.as_str()).expect("it is there");
    let sealed = seal(&writer.write(&world, &stamp(1)).manifest, &SEED);
    let mut group = c.benchmark_group("snapshot");
    group.sample_size(20);
    for (name, parts) in [("decisions", Parts::Decisions), ("all", Parts::All)] {
        let bundle = writer
            .bundle(&sealed, parts)
            .expect("it is the newest")
            .write();
        let each = bundle.len() as f64 / f64::from(size.tokens);
        println!("bundle, {name}: {} bytes, {each:.2} a token", bundle.len());
        group.bench_function(format!("open a bundle, {name}"), |b| {
            b.iter_batched(
                || bundle.clone(),
                |bundle| Snapshot::open(bundle, &keys(), now()).expect("it is valid"),
                BatchSize::PerIteration,
            )
        });
    }
    let bundle = writer
        .bundle(&sealed, Parts::All)
        .expect("the newest")
        .write();
    let held = Snapshot::open(bundle, &keys(), now()).expect("it is valid");
    let questions = requests::questions(size, 100_000);
    let authorizer = Authorizer::of_snapshot(held.clone()).expect("it has a name");
    for question in &questions {
        assert_eq!(
            ask(&authorizer, question),
            question.ask(&world).expect("a question").is_allowed()
        );
    }
    let allowed = questions
        .iter()
        .filter(|question| ask(&authorizer, question));
    println!("allowed: {} of {}", allowed.count(), questions.len());
    let next = in_turn(&questions);
    group.sample_size(100);
    group.bench_function("raw token to decision", |b| {
        b.iter(|| ask(&authorizer, black_box(next())))
    });
    let allowed: Vec<_> = questions
        .iter()
        .filter(|question| ask(&authorizer, question))
        .cloned()
        .collect();
    let next = in_turn(&allowed);
    group.bench_function("raw token to decision, allowed", |b| {
        b.iter(|| ask(&authorizer, black_box(next())))
    });
    let next = in_turn(&allowed);
    group.bench_function("the same from the world, allowed", |b| {
        b.iter(|| next().ask(&world).expect("a question").is_allowed())
    });
    let next = in_turn(&questions);
    group.bench_function("the same from the world", |b| {
        b.iter(|| next().ask(&world).expect("a question").is_allowed())
    });
    group.sample_size(20);
    change(&mut world, &mut writer, &standing(1, true));
    let written = writer.write(&world, &stamp(2));
    let sealed = seal(&written.manifest, &SEED);
    let blocks: Vec<&[u8]> = written
        .fresh
        .iter()
        .filter_map(|hash| writer.block(hash))
        .collect();
    let moved = sealed.len() + blocks.iter().map(|block| block.len()).sum::<usize>();
    println!(
        "refresh after one revocation: {moved} bytes, {} of them the manifest",
        sealed.len()
    );
    group.bench_function("refresh after one revocation", |b| {
        b.iter_with_large_drop(|| {
            let mut update = held.update(&sealed, &keys(), now()).expect("it follows");
            while let Some(hash) = update.missing().pop() {
                let block = writer.block(&hash).expect("it is there");
                update.supply(block).expect("it is missing");
            }
            update.finish().expect("everything is there")
        })
    });
    let revision = Cell::new(2_u64);
    let (world, writer) = (RefCell::new(world), RefCell::new(writer));
    group.bench_function("write after one change", |b| {
        b.iter_with_large_drop(|| {
            revision.set(revision.get() + 1);
            let number = revision.get() as u32 % size.tokens;
            let (world, writer) = (&mut *world.borrow_mut(), &mut *writer.borrow_mut());
            change(
                world,
                writer,
                &standing(number, revision.get().is_multiple_of(2)),
            );
            writer.write(world, &stamp(revision.get()))
        })
    });
    group.bench_function("write everything", |b| {
        b.iter_with_large_drop(|| SnapshotWriter::new(&world.borrow(), org.as_str()))
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = support::criterion();
    targets = bench
}
criterion_main!(benches);
