//! The server as a process of its own, started for the measurement and ended with it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// A server that listens.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub at: SocketAddr,
    /// How long it took from its start until it said so.
    pub ready_after: Duration,
}

impl Server {
    /// Starts the program on a free port, with these options besides, and waits until it is ready.
    ///
    /// # Errors
    /// When it cannot be started, or ends before it listens.
    #[expect(
        clippy::disallowed_methods,
        reason = "how soon it is ready is one of the figures"
    )]
    pub fn start(program: &str, database: &str, options: &[&str]) -> Result<Self> {
        let start = Instant::now();
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database])
            .args(options)
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

    /// Its number among the processes.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has in memory, in bytes.
    ///
    /// # Errors
    /// When the system does not say so in the way of Linux.
    pub fn resident(&self) -> Result<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: usize = kilobytes
            .context("/proc has another format")?
            .trim()
            .parse()?;
        Ok(kilobytes * 1024)
    }

    /// For how long it has been on a processor.
    ///
    /// # Errors
    /// As [`Server::resident`].
    pub fn busy(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        // The program's name is in parentheses, and may have anything in it.
        let (_, rest) = stat.rsplit_once(')').context("/proc has another format")?;
        let ticks = rest.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Sends it a signal: `STOP`, `CONT`, `KILL`.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal(&self, name: &str) -> Result<()> {
        let mut kill = Command::new("kill");
        let status = kill.arg(format!("-{name}")).arg(self.id().to_string());
        ensure!(status.status()?.success(), "the server is gone");
        Ok(())
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
