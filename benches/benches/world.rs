//! From a raw token and the name of a repository to a decision, among a million tokens.
//!
//! Stated limit: 700 ns. The order is random, so that almost every look-up misses the caches.

mod support;

use std::cell::Cell;

use criterion::{Criterion, criterion_group, criterion_main};
use support::ProcessorTime;
use tokenward_benches::{Size, in_turn, is_trial, names, now, requests, world};
use tokenward_core::{Presented, TokenSecret, World};

const QUESTIONS: u32 = 200_000;

fn bench(c: &mut Criterion<ProcessorTime>) {
    let size = Size::for_this_run();
    let world = world(size);
    let questions = requests::questions(size, QUESTIONS);
    say_how_many_are_let_in(&world, &questions);
    let mut group = c.benchmark_group("world");
    let next = in_turn(&questions);
    group.bench_function("raw token to decision", |b| b.iter(|| next().ask(&world)));
    let next = in_turn(&questions[..100]);
    group.bench_function("the same hundred again and again", |b| {
        b.iter(|| next().ask(&world))
    });
    let next = in_turn(&questions);
    group.bench_function("digest alone", |b| {
        b.iter(|| TokenSecret::parse(&next().token).map(|secret| secret.digest()))
    });
    let ids: Vec<_> = (0..10_000)
        .map(|number| number * 7919 % size.tokens)
        .map(names::token_id)
        .collect();
    let next = in_turn(&ids);
    group.bench_function("readable orgs of a token", |b| {
        b.iter(|| world.readable_orgs(Presented::Id(*next()), now()))
    });
    let far = far_apart(is_trial());
    let at = Cell::new(0);
    group.bench_function("one read that misses the caches", |b| {
        b.iter(|| at.set(far[at.get() as usize * LINE]))
    });
    group.finish();
}

/// How many numbers a cache line holds.
const LINE: usize = 16;

/// One number in each cache line that says which to read next, in one great round in no order:
/// what memory costs on this machine at this moment.
fn far_apart(is_trial: bool) -> Vec<u32> {
    let lines: u32 = if is_trial { 1 << 10 } else { 1 << 21 };
    let mut order: Vec<u32> = (0..lines).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    let mut far = vec![0; lines as usize * LINE];
    let after = order.iter().cycle().skip(1);
    for (line, next) in order.iter().zip(after) {
        far[*line as usize * LINE] = *next;
    }
    far
}

/// INVARIANT: most requests are allowed, and some are denied.
fn say_how_many_are_let_in(world: &World, questions: &[requests::Question]) {
    let asked = questions
        .iter()
        .map(|question| question.ask(world).expect("a proper request"));
    let allowed = asked.filter(tokenward_core::Decision::is_allowed).count();
    let percent = allowed * 100 / questions.len();
    println!("{percent} % of the requests are allowed");
    assert!((60..95).contains(&percent), "{percent} %");
}

criterion_group! {
    name = benches;
    config = support::criterion();
    targets = bench
}
criterion_main!(benches);
