//! Measures a running server: how soon it is ready, what it weighs, how many checks it answers
//! beside an empty handler of the same process, and how often an approval reaches for the disk.
//!
//! `load SERVER DATABASE [TOKENS]`: the program, and a database that `fill` has filled with so many
//! tokens. It prints figures and judges nothing. With `strace` on the machine it also counts
//! fsyncs.

#![expect(
    clippy::disallowed_methods,
    reason = "measuring time is what this program is for"
)]

mod client;
mod fsyncs;

use anyhow::{Context, Result};
use client::{Connection, rate};
use tokenward_benches::process::Server;
use tokenward_benches::requests::question;
use tokenward_benches::{Size, names, rows};
use tokenward_core::{AuthorizationStatus, Row, TokenId};

/// How many different requests are sent, in no order.
const QUESTIONS: u32 = 200_000;
/// How often each side of the comparison takes its turn.
const TURNS: usize = 5;
/// How many tokens are approved while fsyncs are counted.
const APPROVALS: usize = 100;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: load SERVER DATABASE [TOKENS]";
    let program = arguments.next().context(usage)?;
    let database = arguments.next().context(usage)?;
    let tokens = arguments.next().map(|tokens| tokens.parse()).transpose()?;
    let size = tokens.map_or(Size::LARGE, Size::of);
    let server = Server::start(&program, &database, &[])?;
    println!("ready after {:.2} s", server.ready_after.as_secs_f64());
    println!(
        "{} bytes of memory a token",
        server.resident()? / size.tokens as usize
    );
    compare(size, &server)?;
    println!(
        "{} bytes of memory a token afterwards",
        server.resident()? / size.tokens as usize
    );
    approve(size, &server)
}

/// Checks and empty answers by turns, so that both meet the same machine.
fn compare(size: Size, server: &Server) -> Result<()> {
    let (mut checks, mut nothings) = (Vec::new(), Vec::new());
    for nth in 0..QUESTIONS {
        let question = question(size, nth);
        let (kind, name) = question.resource.split_once(':').context("a resource")?;
        let body = format!(
            r#"{{"action":"{}","resource":{{"type":"{kind}","name":"{name}"}}}}"#,
            question.action
        );
        checks.push(client::request(
            "POST",
            "/api/authz/check",
            &question.token,
            &body,
        ));
        nothings.push(client::request("GET", "/healthz", &question.token, &body));
    }
    let mut ratios = Vec::new();
    for turn in 0..=TURNS {
        let (nothing, check) = (rate(server.at, &nothings)?, rate(server.at, &checks)?);
        if turn == 0 {
            continue; // The first turn warms up.
        }
        println!(
            "{check:.0} checks a second, {nothing:.0} empty answers: {:.3}",
            check / nothing
        );
        ratios.push(check / nothing);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median: {:.3}", ratios[TURNS / 2]);
    Ok(())
}

/// Approves tokens one after the other, and says how often the disk was made to write.
fn approve(size: Size, server: &Server) -> Result<()> {
    let waiting = (0..size.tokens).filter_map(|token| waiting(size, token));
    let approvals: Vec<Vec<u8>> = waiting.take(APPROVALS).collect();
    let mut connection = Connection::open(server.at)?;
    let counter = fsyncs::Counter::attach(server.id())?;
    let start = std::time::Instant::now();
    for approval in &approvals {
        connection.ask(approval)?;
    }
    let each = start.elapsed() / u32::try_from(approvals.len())?;
    let count = approvals.len();
    match counter {
        Some(counter) => println!(
            "{count} approvals: {} fsyncs, {each:?} each under strace",
            counter.finish()?
        ),
        None => {
            println!("{count} approvals: {each:?} each; fsyncs not counted, there is no strace")
        }
    }
    Ok(())
}

/// The request that approves a token, if the token waits and an administrator can call.
fn waiting(size: Size, token: u32) -> Option<Vec<u8>> {
    if !rows::token_kind(size, token).is_fine_grained()
        || !is(size, token, AuthorizationStatus::Pending)
    {
        return None;
    }
    let org = names::org_of(size, names::owner_of(size, token));
    let tokens_of_admin = (0..size.tokens / size.users).map(|nth| org + nth * size.users);
    let caller = tokens_of_admin
        .filter(|token| rows::token_kind(size, *token).is_fine_grained())
        .find(|token| is(size, *token, AuthorizationStatus::Approved))?;
    let id: TokenId = names::token_id(token);
    let path = format!(
        "/api/organizations/{}/settings/tokens/{id}/approve",
        names::org(org)
    );
    Some(client::request(
        "POST",
        &path,
        names::secret(caller).reveal(),
        "{}",
    ))
}

fn is(size: Size, token: u32, status: AuthorizationStatus) -> bool {
    match rows::standing(size, token) {
        Some(Row::Standing { standing, .. }) => {
            let decided = standing.authorization.map(|decided| decided.status);
            standing.revoked.is_none() && decided == Some(status)
        }
        _ => false,
    }
}
