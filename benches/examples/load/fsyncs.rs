//! Counts how often a process makes the disk write, with `strace`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// An `strace` that watches a process.
pub(crate) struct Counter {
    strace: Child,
    said: BufReader<std::process::ChildStderr>,
}

impl Counter {
    /// Begins to watch; nothing where there is no `strace`.
    pub(crate) fn attach(process: u32) -> Result<Option<Self>> {
        let strace = Command::new("strace")
            .args([
                "-f",
                "-e",
                "trace=fsync,fdatasync",
                "-p",
                &process.to_string(),
            ])
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut strace) = strace else {
            return Ok(None);
        };
        let mut said = BufReader::new(strace.stderr.take().context("no standard error")?);
        // It says so when it is attached.
        said.read_line(&mut String::new())?;
        Ok(Some(Self { strace, said }))
    }

    /// Ends watching, and says how many calls there were.
    pub(crate) fn finish(mut self) -> Result<usize> {
        let id = self.strace.id().to_string();
        Command::new("kill").args(["-INT", &id]).status()?;
        let lines = self
            .said
            .lines()
            .collect::<std::io::Result<Vec<String>>>()?;
        self.strace.wait()?;
        // A call that another thread interrupted in the listing is on two lines; the first counts.
        let calls = lines
            .iter()
            .filter(|line| line.contains("sync(") && !line.contains("resumed"));
        Ok(calls.count())
    }
}
