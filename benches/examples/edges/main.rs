//! Edges as programs of their own would be, in one process beside the real server: how soon they
//! refuse what was revoked, whether any misses a generation, and what the server weighs meanwhile.
//!
//! * `edges follow SERVER [EDGES [SECONDS [TOKENS]]]`: 200 edges of an organization with 3000
//!   tokens, one of which is revoked every second for a minute.
//! * `edges alone SERVER [REVOCATIONS [DATABASE TOKENS]]`: one edge, and a server that does nothing
//!   else; with a database that `fill DATABASE TOKENS one-org` has filled, or with a fresh one.
//! * `edges cut SERVER`: how soon edges refuse everything that hear nothing any more.
//!
//! SERVER is the program. What is worth a failure is, by the exit code; times are only printed.

mod alone;
mod cut;
mod edge;
mod follow;
mod samples;
mod scene;
mod site;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: edges follow|alone|cut SERVER [...]";
    let number = |at: usize, otherwise: usize| match arguments.get(at) {
        None => Ok(otherwise),
        Some(text) => text.parse().context(usage),
    };
    let program = arguments.get(1).context(usage)?;
    match arguments.first().context(usage)?.as_str() {
        "follow" => {
            let (edges, seconds) = (number(2, 200)?, number(3, 60)?);
            follow::run(program, edges, seconds, number(4, 3000)?).await
        }
        "alone" => {
            let tokens = u32::try_from(number(4, 3000)?)?;
            let database = arguments.get(3).map(String::as_str);
            alone::run(program, number(2, 50)?, database, tokens).await
        }
        "cut" => cut::run(program).await,
        _ => bail!(usage),
    }
}
