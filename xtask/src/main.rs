//! `cargo xtask`: the project's commands, one module each.
//!
//! It starts other programs and reports on them; it knows nothing of tokens or policies.
//! It runs on Linux and macOS.

mod bench;
mod clients;
mod count;
mod deny;
mod environment;
mod examples;
mod fuzz;
mod hub;
mod install;
mod npm;
mod place;
mod postgres;
mod python;
mod run;
mod rust_tests;
mod serve;
mod signals;
mod test;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::count::Count;

/// Tokenward's project commands
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the server and run it on an embedded SQLite file
    Serve(serve::Options),
    /// Run a small hub behind the running server, to try things with real clients
    Hub(hub::Options),
    /// Install what the tests need and run them: all suites, or those named
    Test(test::Options),
    /// Run the criterion benches, or those whose name contains NAME
    Bench { name: Option<String> },
    /// Run each fuzz target for some seconds
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Build the core for a bare WASM target, with nothing but `core` and `alloc`
    NoStd,
    /// Build the npm package into bindings-wasm/pkg
    Wasm,
    /// Check licences, sources, bans and security advisories (fetches the advisory database)
    Deny,
}

fn main() -> ExitCode {
    let result = run(Options::parse().task);
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(task: Task) -> Result<ExitCode> {
    if !matches!(task, Task::Serve(_) | Task::Hub(_)) {
        signals::install()?;
    }
    match task {
        Task::Serve(options) => match serve::serve(&options)? {},
        Task::Hub(options) => match hub::hub(&options)? {},
        Task::Test(options) => return test::test(&options),
        Task::Bench { name } => bench::bench(name.as_deref())?,
        Task::Fuzz { seconds } => return Ok(fuzz::all(seconds)?.exit_code()),
        Task::NoStd => wasm::build_core(&mut Count::default())?,
        Task::Wasm => {
            install::tools([&install::NODE])?;
            let package = npm::build(&mut Count::default())?;
            println!("built {}", package.display());
        }
        Task::Deny => deny::everything()?,
    }
    Ok(ExitCode::SUCCESS)
}
