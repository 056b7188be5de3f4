//! Errors of the core as exceptions of `tokenward.errors`, which is written in Python because it has
//! classes with two parents.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use tokenward_core::ParseError;
use tokenward_core::snapshot::SnapshotError;

static PARSE_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static SNAPSHOT_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static INVALID_TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// A value that does not parse, as `tokenward.ParseError`.
pub(crate) fn parse_error(py: Python<'_>, error: &ParseError) -> PyErr {
    raised(py, &PARSE_ERROR, "ParseError", &error.what, &error.why)
}

/// The same for something found out here.
pub(crate) fn bad(py: Python<'_>, what: &str, why: &str) -> PyErr {
    raised(py, &PARSE_ERROR, "ParseError", what, why)
}

/// A value of a type that is not taken, as `tokenward.InvalidTypeError`.
pub(crate) fn wrong_type(py: Python<'_>, what: &str, why: &str) -> PyErr {
    raised(py, &INVALID_TYPE, "InvalidTypeError", what, why)
}

/// A snapshot that is refused, as `tokenward.errors.SnapshotError`.
pub(crate) fn snapshot_error(py: Python<'_>, error: SnapshotError) -> PyErr {
    let (code, why) = (error.code(), error.to_string());
    raised(py, &SNAPSHOT_ERROR, "SnapshotError", code, &why)
}

fn raised(
    py: Python<'_>,
    class: &'static PyOnceLock<Py<PyType>>,
    name: &str,
    what: &str,
    why: &str,
) -> PyErr {
    match class.import(py, "tokenward.errors", name) {
        Ok(class) => PyErr::from_type(class.clone(), (what.to_owned(), why.to_owned())),
        Err(_) => PyTypeError::new_err(format!("{what}: {why}")),
    }
}
