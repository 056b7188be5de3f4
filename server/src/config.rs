//! The command line and the environment (contract §10).

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use tokenward_core::snapshot::LONGEST_LIFE;
use tokenward_core::{Name, TokenPolicy};

/// The authoritative store of Tokenward, behind the Hub's own API.
#[derive(Parser)]
#[command(name = "tokenward-server", version)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Subcommand)]
pub enum Command {
    /// Run the server
    Serve(Serve),
    /// Make a new token for the site administrator
    AdminToken(Database),
    /// Set an organization's token policy, whatever it blocks
    SetPolicy {
        /// The organization
        #[arg(value_parser = parse_name)]
        org: Name,
        /// `default`, `fine-grained-only` or `require-approval`
        #[arg(value_parser = parse_policy)]
        policy: TokenPolicy,
        /// The database
        #[command(flatten)]
        database: Database,
    },
    /// Make a credential with which a hub lists repositories
    HubToken(Database),
    /// Make a new key for snapshots, and withdraw the others after an overlap
    RotateSnapshotKey {
        /// For how many seconds edges learn of the new key before it signs, and know the old one after
        #[arg(long, default_value_t = 3600, value_parser = clap::value_parser!(u32).range(0..=2_592_000))]
        overlap: u32,
        /// The database
        #[command(flatten)]
        database: Database,
    },
    /// Verify a snapshot, or look into one
    #[command(subcommand)]
    Snapshot(Snapshot),
}

/// What can be done with a snapshot in a file.
#[derive(Subcommand)]
pub enum Snapshot {
    /// Verify a bundle as an edge does: signature, times, and every block
    Verify {
        /// The bundle
        file: PathBuf,
        /// The keys to trust: a file with what `/.well-known/tokenward-keys` answers
        #[arg(long)]
        keys: PathBuf,
        /// The organization that it must be of
        #[arg(long, value_parser = parse_name)]
        org: Option<Name>,
    },
    /// Say what a bundle or a manifest claims to be, without verifying it
    Inspect {
        /// The bundle or the manifest
        file: PathBuf,
    },
}

/// Where the data is.
#[derive(Args, Clone)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`
    #[arg(
        long,
        env = "TOKENWARD_DATABASE",
        default_value = "sqlite:tokenward.db",
        hide_env_values = true
    )]
    pub database: String,
}

/// How to run the server.
#[derive(Args)]
pub struct Serve {
    /// Address and port; port 0 picks a free one
    #[arg(long, env = "TOKENWARD_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// The database
    #[command(flatten)]
    pub database: Database,
    /// The address that clients use, for links [default: the listening address]
    #[arg(long, env = "TOKENWARD_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Write the site administrator's first token to this file instead of standard output
    #[arg(long, env = "TOKENWARD_ADMIN_TOKEN_FILE")]
    pub admin_token_file: Option<PathBuf>,
    /// Peers whose forwarded headers are believed
    #[arg(
        long,
        env = "TOKENWARD_TRUSTED_PROXIES",
        value_delimiter = ',',
        default_value = "127.0.0.0/8,::1/128"
    )]
    pub trusted_proxies: Vec<IpNet>,
    /// Which pair of forwarded headers `/authz` reads
    #[arg(long, env = "TOKENWARD_AUTHZ_HEADERS", value_enum, default_value_t)]
    pub authz_headers: AuthzHeaders,
    /// Failing calls that one address may make in five minutes
    #[arg(long, env = "TOKENWARD_RATE_LIMIT", default_value_t = 1000)]
    pub rate_limit: u32,
    /// For how many seconds edges may decide from a snapshot that they cannot renew
    #[arg(
        long,
        env = "TOKENWARD_SNAPSHOT_MAX_AGE",
        default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(1..=LONGEST_LIFE / 1000)
    )]
    pub snapshot_max_age: u32,
    /// Fill an empty database with an example organization
    #[arg(long)]
    pub demo: bool,
}

/// Which pair of forwarded headers `/authz` reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum AuthzHeaders {
    /// Whichever is whole and alone.
    #[default]
    Auto,
    /// `X-Original-Method` and `X-Original-URI`.
    Original,
    /// `X-Forwarded-Method` and `X-Forwarded-Uri`.
    Forwarded,
}

/// The settings that requests need.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address that clients use, without a slash at the end.
    pub public_url: String,
    /// Peers whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Which pair of forwarded headers `/authz` reads.
    pub authz_headers: AuthzHeaders,
    /// Failing calls that one address may make in five minutes.
    pub rate_limit: u32,
    /// For how many seconds edges may decide from a snapshot.
    pub snapshot_max_age: u32,
}

impl Settings {
    /// Whether this peer's forwarded headers are believed.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }
}

fn parse_name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|error| error.to_string())
}

fn parse_policy(text: &str) -> Result<TokenPolicy, String> {
    TokenPolicy::parse(text).map_err(|error| error.to_string())
}
