//! The engine for Python: host value → core → host value.
//!
//! Nothing here knows what a policy, a role or a permission means: arguments are read, the core is
//! asked, and its answer is handed back. The module is hidden as `tokenward._native`; its types are
//! described in `python/tokenward/_native.pyi`.
//!
//! All classes are frozen, so that threads share them, also where there is no global lock.

mod authorizer;
mod batch;
mod clock;
mod decision;
mod error;
mod json;
mod records;
mod refresh;
mod request;
mod secret;

use pyo3::prelude::*;

/// The compiled part of `tokenward`.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::authorizer::Authorizer;
    #[pymodule_export]
    use crate::decision::Decision;
    #[pymodule_export]
    use crate::records::{Found, Remedy};
    #[pymodule_export]
    use crate::refresh::Refresh;
    #[pymodule_export]
    use crate::secret::{TokenSecret, parse_token, scan};
    #[pymodule_export]
    use crate::words;
}

/// The closed lists of words on the wire, by name: what `words.py` is written from.
#[pyfunction]
fn words() -> std::collections::BTreeMap<&'static str, Vec<String>> {
    tokenward_core::words().into_iter().collect()
}
