//! The program: reads the command line, and does what it says.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tokenward_server::config::{Command, CommandLine, Serve};
use tokenward_server::snapshots::file;
use tokenward_server::{bind, machine};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    start_logs();
    match run(line.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(options) => serve(&options).await,
        Command::AdminToken(database) => machine::admin_token(&database.database).await,
        Command::SetPolicy {
            org,
            policy,
            database,
        } => machine::set_policy(&database.database, org, policy).await,
        Command::HubToken(database) => machine::hub_token(&database.database).await,
        Command::RotateSnapshotKey { overlap, database } => {
            machine::rotate_snapshot_key(&database.database, overlap).await
        }
        Command::Snapshot(command) => file::run(&command),
    }
}

/// Logs go to standard error, as JSON, filtered by `TOKENWARD_LOG`.
fn start_logs() {
    let filter =
        EnvFilter::try_from_env("TOKENWARD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

async fn serve(options: &Serve) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let bound = bind(options).await?;
    println!("listening on {}", bound.url()?);
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    bound.run(stop).await
}
