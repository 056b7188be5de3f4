//! Numbers for `/metrics`, in the text format of Prometheus. They name no org, user or token.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokenward_core::Reason;

use crate::snapshots::receipts::EdgeCounts;

/// What is so now, beside the counters.
#[derive(Debug, Default, Clone, Copy)]
pub struct Present {
    /// Tokens in memory.
    pub tokens: u64,
    /// The age of the oldest newest manifest in seconds.
    pub oldest_manifest: u64,
    /// The edges that are live.
    pub edges: EdgeCounts,
}

/// Counters since the server started.
pub struct Metrics {
    requests: [AtomicU64; 6],
    decisions: Vec<AtomicU64>,
    changes: AtomicU64,
    manifests: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Default::default(),
            decisions: Reason::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            changes: AtomicU64::new(0),
            manifests: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// Counts an answer by its status.
    pub fn answered(&self, status: u16) {
        if let Some(class) = self.requests.get(usize::from(status / 100)) {
            class.fetch_add(1, Relaxed);
        }
    }

    /// Counts a decision by its reason.
    pub fn decided(&self, reason: Reason) {
        if let Some(count) = self.decisions.get(reason as usize) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Counts a committed change.
    pub fn changed(&self) {
        self.changes.fetch_add(1, Relaxed);
    }

    /// Counts a manifest that was signed.
    pub fn published(&self) {
        self.manifests.fetch_add(1, Relaxed);
    }

    /// The numbers as text.
    #[must_use]
    pub fn render(&self, present: &Present) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, lines: Vec<(String, u64)>| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in lines {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let classes = self.requests.iter().enumerate().skip(1);
        family(
            "tokenward_http_requests_total",
            "counter",
            "Answered requests by status class.",
            classes
                .map(|(at, n)| (format!("{{status=\"{at}xx\"}}"), n.load(Relaxed)))
                .collect(),
        );
        let reasons = Reason::ALL.iter().zip(&self.decisions);
        family(
            "tokenward_decisions_total",
            "counter",
            "Decisions by reason.",
            reasons
                .map(|(reason, n)| {
                    (
                        format!("{{reason=\"{}\"}}", reason.as_str()),
                        n.load(Relaxed),
                    )
                })
                .collect(),
        );
        let changes = self.changes.load(Relaxed);
        let none = String::new;
        family(
            "tokenward_changes_total",
            "counter",
            "Committed changes.",
            vec![(none(), changes)],
        );
        family(
            "tokenward_tokens",
            "gauge",
            "Tokens in memory.",
            vec![(none(), present.tokens)],
        );
        let manifests = self.manifests.load(Relaxed);
        family(
            "tokenward_snapshot_manifests_total",
            "counter",
            "Manifests that were signed.",
            vec![(none(), manifests)],
        );
        family(
            "tokenward_snapshot_age_seconds",
            "gauge",
            "Age of the oldest manifest that is the newest of its org.",
            vec![(none(), present.oldest_manifest)],
        );
        let EdgeCounts {
            current,
            behind,
            furthest,
        } = present.edges;
        let states = [("current", current), ("behind", behind)];
        family(
            "tokenward_snapshot_edges",
            "gauge",
            "Live edges that this server has heard of, by whether they have applied the newest generation.",
            states
                .iter()
                .map(|(state, n)| (format!("{{state=\"{state}\"}}"), *n))
                .collect(),
        );
        family(
            "tokenward_snapshot_edges_furthest_behind",
            "gauge",
            "Generations that the furthest live edge has not applied.",
            vec![(none(), furthest)],
        );
        text
    }
}
