//! The server as a process of its own, started for the measurement and ended with it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A server that listens.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) at: SocketAddr,
    /// How long it took from its start until it said so.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts the program on a free port and waits until it is ready.
    pub(crate) fn start(program: &str, database: &str) -> Result<Self> {
        let start = Instant::now();
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database])
            .env("TOKENWARD_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{program}`"))?;
        let lines = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        for line in lines {
            if let Some(at) = line?.strip_prefix("listening on http://") {
                let ready_after = start.elapsed();
                return Ok(Self {
                    process,
                    at: at.parse()?,
                    ready_after,
                });
            }
        }
        process.wait()?;
        bail!("the server ended before it listened")
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has in memory, in bytes.
    pub(crate) fn resident(&self) -> Result<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: usize = kilobytes
            .context("/proc has another format")?
            .trim()
            .parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is only a measurement: what was not written yet is not missed.
        if self.process.kill().is_ok() {
            let _ = self.process.wait();
        }
    }
}
