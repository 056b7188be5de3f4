//! A change among a million tokens: the command's rules, and the index following its rows.
//!
//! What the database takes is not in here; `examples/load.rs` measures a whole call.

mod support;

use std::cell::{Cell, RefCell};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use support::ProcessorTime;
use tokenward_benches::{Size, in_turn, names, now, rows, world};
use tokenward_core::{
    Actor, Command, Details, DisplayName, NewToken, Role, Row, Standing, Token, TokenId, Verdict,
    Via, World, apply,
};

/// A command on one token of the world, with all that it needs to be carried out.
struct Task {
    actor: Actor,
    details: Details,
    command: Command,
}

impl Task {
    /// INVARIANT: the command is carried out, and changes something.
    fn carry_out(&self, world: &mut World) {
        let change = apply(world, &self.details, &self.actor, &self.command, now());
        let change = change.expect("the command is allowed");
        assert!(!change.is_empty());
        change.rows.iter().for_each(|row| world.apply(row));
    }
}

fn session(user: u32) -> Actor {
    Actor {
        user: Some(names::user(user)),
        via: Via::Session(None),
    }
}

/// An administrator's decision about a token that nobody has decided about.
fn review(size: Size, token: u32, verdict: Verdict) -> Task {
    let org = names::org_of(size, names::owner_of(size, token));
    Task {
        actor: session(org),
        details: Details {
            tokens: vec![rows::token(size, token)],
            ..Details::default()
        },
        command: Command::Review {
            org: names::org(org),
            token: names::token_id(token),
            verdict,
            reason: None,
        },
    }
}

/// A new token like the one of this number, for the same owner.
fn create(size: Size, world: &World, token: u32, nth: u64) -> Task {
    let owner = names::owner_of(size, token);
    let model = rows::token(size, token);
    let mut id = [7; 12];
    id[..8].copy_from_slice(&nth.to_be_bytes());
    let mut digest = *model
        .digest
        .expect("a token of the world has a digest")
        .as_bytes();
    digest[..8].copy_from_slice(&nth.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let others = world.tokens_of(names::user(owner).as_str()).len();
    Task {
        actor: session(owner),
        details: Details {
            tokens: (0..others.min(10) as u32)
                .map(|nth| rows::token(size, owner + nth * size.users))
                .collect(),
            ..Details::default()
        },
        command: Command::CreateToken(NewToken {
            id: TokenId::from_bytes(id),
            owner: names::user(owner),
            kind: model.kind,
            display_name: DisplayName::parse(&format!("new {nth}")).expect("a name"),
            fine_grained: model.fine_grained,
            expires_at: model.expires_at,
            digest: tokenward_core::TokenDigest::from_bytes(digest),
            last4: "QxZb".to_owned(),
        }),
    }
}

/// Lets the organization forget what it thought of a token.
fn forget(world: &mut World, size: Size, token: u32) {
    let org = names::org_of(size, names::owner_of(size, token));
    world.apply(&Row::Standing {
        token: names::token_id(token),
        org: names::org(org),
        standing: Standing::default(),
    });
}

/// The tokens that wait for somebody's approval or could: fine-grained ones where it is required.
fn reviewable(size: Size, world: &World) -> Vec<u32> {
    let numbers = (0..size.tokens).map(|nth| (nth as u64 * 7919 % u64::from(size.tokens)) as u32);
    let of = |number| rows::token(size, number);
    let reviewed = |token: &Token, number| {
        let org = names::org_of(size, names::owner_of(size, number));
        token.kind.is_fine_grained()
            && rows::policy(org).needs_approval()
            && world.role(names::org(org).as_str(), names::user(org).as_str()) == Some(Role::Admin)
    };
    let found = numbers.filter(|number| reviewed(&of(*number), *number));
    found.take(20_000).collect()
}

fn bench(c: &mut Criterion<ProcessorTime>) {
    let size = Size::for_this_run();
    let world = RefCell::new(world(size));
    let tokens = reviewable(size, &world.borrow());
    let mut group = c.benchmark_group("change");
    for (name, verdict) in [("approve", Verdict::Approve), ("revoke", Verdict::Revoke)] {
        let next = in_turn(&tokens);
        group.bench_function(name, |b| {
            b.iter_batched(
                || {
                    let token = *next();
                    forget(&mut world.borrow_mut(), size, token);
                    review(size, token, verdict)
                },
                |task| task.carry_out(&mut world.borrow_mut()),
                BatchSize::SmallInput,
            );
        });
    }
    let made = Cell::new(0);
    let next = in_turn(&tokens);
    group.sample_size(20);
    group.bench_function("create a token", |b| {
        b.iter_batched(
            || {
                made.set(made.get() + 1);
                create(size, &world.borrow(), *next(), made.get())
            },
            |task| task.carry_out(&mut world.borrow_mut()),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = support::criterion();
    targets = bench
}
criterion_main!(benches);
