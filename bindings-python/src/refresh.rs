//! The next snapshot in the making: what is missing of it, and the authorizer that it becomes.
//!
//! Nothing is fetched here.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tokenward_core as core;
use tokenward_core::snapshot::Update;

use crate::authorizer::Authorizer;
use crate::error::{snapshot_error, wrong_type};

/// The next snapshot in the making, from `Authorizer.refresh`; nothing can be decided from it yet.
///
/// >>> refresh = authorizer.refresh(manifest, keys)                        # doctest: +SKIP
/// >>> while missing := refresh.missing():                                 # doctest: +SKIP
/// ...     for block in missing:
/// ...         refresh.supply(fetch(block))
/// >>> authorizer = refresh.finish()                                       # doctest: +SKIP
#[pyclass(frozen, module = "tokenward")]
pub(crate) struct Refresh {
    update: Mutex<Update>,
    max_age: Option<u32>,
}

#[pymethods]
impl Refresh {
    /// The generation that it will be at.
    #[getter]
    fn generation(&self) -> u64 {
        self.with(|update| update.generation())
    }

    /// The names of the blocks that are missing as far as can be told: some name others, so ask again
    /// after supplying them, until there are none.
    fn missing(&self, py: Python<'_>) -> Vec<String> {
        let missing = py.detach(|| self.with(|update| update.missing()));
        missing.iter().map(ToString::to_string).collect()
    }

    /// Takes one of the missing blocks. Other threads run meanwhile.
    ///
    /// Raises `SnapshotError` when it is none of them; then nothing has changed.
    fn supply(&self, py: Python<'_>, block: &Bound<'_, PyAny>) -> PyResult<()> {
        let block = block
            .cast::<PyBytes>()
            .map_err(|_| wrong_type(py, "block", "must be `bytes`"))?
            .as_bytes();
        let taken = py.detach(|| self.with(|update| update.supply(block)));
        taken.map_err(|error| snapshot_error(py, error))
    }

    /// The next authorizer, with the maximum age of the one before, which stays as it is.
    ///
    /// Raises `SnapshotError` when blocks are missing, or do not fit together.
    fn finish(&self, py: Python<'_>) -> PyResult<Authorizer> {
        let finished = py.detach(|| {
            let snapshot = self.with(|update| update.clone()).finish()?;
            core::Authorizer::of_snapshot(snapshot)
        });
        finished
            .map(|next| Authorizer::of_snapshot(next, self.max_age))
            .map_err(|error| snapshot_error(py, error))
    }

    fn __repr__(&self) -> String {
        format!("<Refresh: to generation {}>", self.generation())
    }
}

impl Refresh {
    pub(crate) const fn new(update: Update, max_age: Option<u32>) -> Self {
        Self {
            update: Mutex::new(update),
            max_age,
        }
    }

    /// Nobody waits for Python while they hold the update.
    fn with<T>(&self, act: impl FnOnce(&mut Update) -> T) -> T {
        act(&mut self.update.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
