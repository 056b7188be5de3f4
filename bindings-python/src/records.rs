//! Small answers with named fields, which read as attributes and as mappings alike: `found.ours` and
//! `found["ours"]`, `dict(found)`, `found == {"start": …}`.

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use crate::error::wrong_type;

/// Declares a frozen class of named fields that is a mapping too.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[pyclass(frozen, get_all, module = "tokenward")]
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub(crate) struct $name {
            $($(#[$field_doc])* pub(crate) $field: $kind,)*
        }

        #[pymethods]
        impl $name {
            #[new]
            fn new($($field: &Bound<'_, PyAny>),*) -> PyResult<Self> {
                Ok(Self {
                    $($field: crate::records::field(
                        $field,
                        stringify!($field).trim_start_matches("r#"),
                    )?,)*
                })
            }

            /// What a copy is made of.
            fn __reduce__<'py>(
                slf: &Bound<'py, Self>,
            ) -> PyResult<(Bound<'py, PyType>, Bound<'py, PyTuple>)> {
                let values = slf.get().to_dict(slf.py())?.values();
                Ok((slf.get_type(), values.to_tuple()))
            }

            fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
                PyList::new(py, [$(stringify!($field).trim_start_matches("r#")),*])
            }

            fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                Ok(self.keys(py)?.try_iter()?.into_any())
            }

            fn __len__(&self) -> usize {
                [$(stringify!($field)),*].len()
            }

            fn __getitem__<'py>(&self, py: Python<'py>, key: &str) -> PyResult<Bound<'py, PyAny>> {
                self.to_dict(py)?.get_item(key)?.ok_or_else(|| PyKeyError::new_err(key.to_owned()))
            }

            fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
                match other.cast::<Self>() {
                    Ok(other) => Ok(self == other.get()),
                    Err(_) => self.to_dict(py)?.eq(other),
                }
            }

            fn __hash__(&self) -> u64 {
                crate::records::hash(self)
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                Ok(format!("{}({})", stringify!($name), self.to_dict(py)?.repr()?))
            }

            /// The fields as a new `dict`.
            pub(crate) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                let fields = PyDict::new(py);
                $(fields.set_item(stringify!($field).trim_start_matches("r#"), &self.$field)?;)*
                Ok(fields)
            }
        }
    };
}

record! {
    /// What would make a denied request work: who has to act, a stable code, and a sentence.
    Remedy {
        /// `owner`, `org_admin` or `nobody`.
        who: String,
        /// What to do, as a stable code.
        r#do: String,
        /// What to do, as a sentence.
        text: String,
    }
}

record! {
    /// A Hub-shaped token in a text; no part of the token itself.
    Found {
        /// Where it starts: characters in a `str`, bytes in `bytes`.
        start: usize,
        /// Where it ends, in the same unit.
        end: usize,
        /// Whether its checksum is right, so that a Tokenward (almost certainly) issued it.
        ours: bool,
    }
}

/// A field of an answer, from Python. The error does not repeat what was given.
pub(crate) fn field<'py, T: FromPyObjectOwned<'py>>(
    value: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<T> {
    let read = value.extract();
    read.map_err(|_| wrong_type(value.py(), name, "must be what this field holds"))
}

/// Equal values have equal hashes, in this process.
pub(crate) fn hash(value: &impl std::hash::Hash) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
