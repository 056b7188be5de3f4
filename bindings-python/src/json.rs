//! Values across the border as JSON, the form that the contract describes: one way in, one way out.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use serde::Serialize;

static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The JSON text of a Python value.
pub(crate) fn dumps(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let dumps = DUMPS.import(value.py(), "json", "dumps")?;
    dumps.call1((value,))?.extract()
}

/// The JSON text of a value of the core; needs no Python, so that others can run meanwhile.
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the core's answers have string keys and finite numbers")
}

/// A Python value from JSON text.
pub(crate) fn loads<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    LOADS.import(py, "json", "loads")?.call1((text,))
}
