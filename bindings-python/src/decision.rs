//! The answer to a request, with the contract's fields as attributes.

use pyo3::prelude::*;
use tokenward_core::{self as core, Effect};

use crate::json;
use crate::records::{self, Remedy};

/// The answer to a request: true when it is allowed, with exactly one reason.
///
/// >>> decision = authorizer.decide(token=token, action="repo.write", resource="model:acme/bert")
/// >>> print(decision.remedy.who, decision.remedy.text, sep=": ")
/// org_admin: Ask an administrator of acme to approve the token "laptop".
/// >>> assert not decision
#[pyclass(frozen, module = "tokenward")]
pub(crate) struct Decision(pub(crate) core::Decision);

#[pymethods]
impl Decision {
    /// `allow` or `deny`.
    #[getter]
    const fn decision(&self) -> &'static str {
        match self.0.decision {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        }
    }

    /// Whether the request is let through.
    #[getter]
    fn allowed(&self) -> bool {
        self.0.is_allowed()
    }

    /// Why: a stable code.
    #[getter]
    const fn reason(&self) -> &'static str {
        self.0.reason.as_str()
    }

    /// The HTTP status that goes with the reason.
    #[getter]
    const fn status(&self) -> u16 {
        self.0.status
    }

    /// What the user is told; `None` when allowed.
    #[getter]
    fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The organization's generation that the decision was made at.
    #[getter]
    const fn generation(&self) -> Option<u64> {
        self.0.generation
    }

    /// What would make it work; `None` when allowed.
    #[getter]
    fn remedy(&self) -> Option<Remedy> {
        self.0.remedy.as_ref().map(|remedy| Remedy {
            who: remedy.who.as_str().to_owned(),
            r#do: remedy.r#do.clone().into_owned(),
            text: remedy.text.clone().into_owned(),
        })
    }

    /// The decision in its JSON form (contract §5), a new `dict`.
    ///
    /// >>> sorted(decision.to_dict())
    /// ['decision', 'generation', 'message', 'reason', 'remedy', 'status']
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::loads(py, &json::text(&self.0))
    }

    fn __bool__(&self) -> bool {
        self.allowed()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other
            .cast::<Self>()
            .is_ok_and(|other| self.0 == other.get().0)
    }

    fn __hash__(&self) -> u64 {
        records::hash(&(self.reason(), self.generation(), self.message()))
    }

    fn __repr__(&self) -> String {
        let mut text = format!(
            "<Decision: {} ({}, {})",
            self.decision(),
            self.reason(),
            self.status()
        );
        if let Some(message) = self.message() {
            text.push_str(". ");
            text.push_str(message);
        }
        if let Some(remedy) = &self.0.remedy {
            text.push_str(" Remedy: ");
            text.push_str(&remedy.text);
        }
        text.push('>');
        text
    }
}
