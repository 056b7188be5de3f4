//! From a raw token and the name of a repository to a decision, among a million tokens.
//!
//! Stated limit: 700 ns. The order is random, so that almost every look-up misses the caches.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use support::{ProcessorTime, in_turn};
use tokenward_benches::{Size, names, now, requests, world};
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
    let allowed: Vec<_> = questions
        .iter()
        .filter(|q| q.ask(&world).unwrap().is_allowed())
        .cloned()
        .collect();
    let next = in_turn(&allowed);
    group.bench_function("allowed only", |b| b.iter(|| next().ask(&world)));
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
    group.finish();
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
