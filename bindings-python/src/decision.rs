//! The answer to a request, with the contract's fields as attributes.
//!
//! Of most decisions a program looks at whether they allow, or at the reason: the words are made when
//! somebody asks for them. A decision that comes from a server, or out of a pickle, has them already.

use std::borrow::Cow;

use compact_str::CompactString;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyType};
use tokenward_core as core;

use crate::error::{bad, wrong_type};
use crate::records::{self, Remedy, field};
use crate::request::Named;

/// The answer to a request: true when it is allowed, with exactly one reason.
///
/// >>> decision = authorizer.decide(token=token, action="repo.write", resource="model:acme/bert")
/// >>> print(decision.remedy.who, decision.remedy.text, sep=": ")
/// org_admin: Ask an administrator of acme to approve the token "laptop".
/// >>> assert not decision
///
/// It can be pickled and copied, and made of its fields: `Decision("allow", "granted", 200, None, 42, None)`.
#[pyclass(frozen, module = "tokenward")]
pub(crate) struct Decision(Kept);

enum Kept {
    /// Made here: a ruling, and the two names for its words.
    Ruled(core::Ruling, Named, Option<CompactString>),
    Told(Box<Told>),
}

/// A decision in full.
#[derive(Clone, PartialEq, Eq)]
struct Told {
    allowed: bool,
    /// A newer server may have a reason that this engine does not know.
    reason: Cow<'static, str>,
    status: u16,
    message: Option<Cow<'static, str>>,
    generation: Option<u64>,
    remedy: Option<Remedy>,
}

type Any<'py> = Bound<'py, PyAny>;

#[pymethods]
impl Decision {
    #[new]
    fn new(
        decision: &Any<'_>,
        reason: &Any<'_>,
        status: &Any<'_>,
        message: &Any<'_>,
        generation: &Any<'_>,
        remedy: &Any<'_>,
    ) -> PyResult<Self> {
        let effect: String = field(decision, "decision")?;
        let told = Told {
            allowed: match effect.as_str() {
                "allow" => true,
                "deny" => false,
                _ => return Err(bad(decision.py(), "decision", "must be `allow` or `deny`")),
            },
            reason: Cow::Owned(field(reason, "reason")?),
            status: field(status, "status")?,
            message: field::<Option<String>>(message, "message")?.map(Cow::Owned),
            generation: field(generation, "generation")?,
            remedy: remedy_of(remedy)?,
        };
        Ok(Self(Kept::Told(Box::new(told))))
    }

    /// A decision from its JSON form, as a server answers it. Other fields, like those of an
    /// explanation, are left out.
    ///
    /// Raises `ParseError` for a field that is missing or impossible, `InvalidTypeError` for one of
    /// another type.
    ///
    /// >>> assert Decision.from_dict(decision.to_dict()) == decision
    #[staticmethod]
    fn from_dict(decision: &Any<'_>) -> PyResult<Self> {
        let of = |name| item(decision, "decision", name);
        Self::new(
            &of("decision")?,
            &of("reason")?,
            &of("status")?,
            &of("message")?,
            &of("generation")?,
            &of("remedy")?,
        )
    }

    /// `allow` or `deny`.
    #[getter]
    fn decision(&self) -> &'static str {
        if self.allowed() { "allow" } else { "deny" }
    }

    /// Whether the request is let through.
    #[getter]
    fn allowed(&self) -> bool {
        match &self.0 {
            Kept::Ruled(ruling, ..) => ruling.is_allowed(),
            Kept::Told(told) => told.allowed,
        }
    }

    /// Why: a stable code.
    #[getter]
    fn reason(&self) -> &str {
        match &self.0 {
            Kept::Ruled(ruling, ..) => ruling.reason.as_str(),
            Kept::Told(told) => &told.reason,
        }
    }

    /// The HTTP status that goes with the reason.
    #[getter]
    fn status(&self) -> u16 {
        match &self.0 {
            Kept::Ruled(ruling, ..) => ruling.reason.status(),
            Kept::Told(told) => told.status,
        }
    }

    /// What the user is told; `None` when allowed.
    #[getter]
    fn message(&self) -> Option<Cow<'_, str>> {
        match self.told() {
            Cow::Borrowed(told) => told.message.as_deref().map(Cow::Borrowed),
            Cow::Owned(told) => told.message,
        }
    }

    /// The organization's generation that the decision was made at.
    #[getter]
    fn generation(&self) -> Option<u64> {
        match &self.0 {
            Kept::Ruled(ruling, ..) => ruling.generation,
            Kept::Told(told) => told.generation,
        }
    }

    /// What would make it work; `None` when allowed.
    #[getter]
    fn remedy(&self) -> Option<Remedy> {
        self.told().into_owned().remedy
    }

    /// The decision in its JSON form (contract §5), a new `dict`.
    ///
    /// >>> sorted(decision.to_dict())
    /// ['decision', 'generation', 'message', 'reason', 'remedy', 'status']
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let told = self.told();
        let remedy = told.remedy.as_ref();
        let fields = PyDict::new(py);
        fields.set_item("decision", self.decision())?;
        fields.set_item("reason", self.reason())?;
        fields.set_item("status", self.status())?;
        fields.set_item("message", told.message.as_deref())?;
        fields.set_item("generation", self.generation())?;
        fields.set_item(
            "remedy",
            remedy.map(|remedy| remedy.to_dict(py)).transpose()?,
        )?;
        Ok(fields)
    }

    fn __bool__(&self) -> bool {
        self.allowed()
    }

    fn __eq__(&self, other: &Any<'_>) -> bool {
        other
            .cast::<Self>()
            .is_ok_and(|other| self.told() == other.get().told())
    }

    fn __hash__(&self) -> u64 {
        records::hash(&(self.reason(), self.generation(), self.message()))
    }

    fn __repr__(&self) -> String {
        let told = self.told();
        let mut text = format!(
            "<Decision: {} ({}, {})",
            self.decision(),
            told.reason,
            told.status
        );
        if let Some(message) = &told.message {
            text.push_str(". ");
            text.push_str(message);
        }
        if let Some(remedy) = &told.remedy {
            text.push_str(" Remedy: ");
            text.push_str(&remedy.text);
        }
        text.push('>');
        text
    }

    /// What a copy is made of: the fields.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, Fields) {
        let decision = slf.get();
        let told = decision.told().into_owned();
        let fields = (
            decision.decision(),
            told.reason,
            told.status,
            told.message,
            told.generation,
            told.remedy,
        );
        (slf.get_type(), fields)
    }
}

type Fields = (
    &'static str,
    Cow<'static, str>,
    u16,
    Option<Cow<'static, str>>,
    Option<u64>,
    Option<Remedy>,
);

impl Decision {
    /// Of a ruling on a resource; the name is that of the token.
    pub(crate) const fn ruled(
        ruling: core::Ruling,
        resource: Named,
        token: Option<CompactString>,
    ) -> Self {
        Self(Kept::Ruled(ruling, resource, token))
    }

    /// All of it.
    fn told(&self) -> Cow<'_, Told> {
        match &self.0 {
            Kept::Ruled(ruling, resource, token) => {
                let resource = resource.resource();
                let resource = resource.expect("it was read before it was ruled on");
                Cow::Owned(Told::from(ruling.worded(resource, token.as_deref())))
            }
            Kept::Told(told) => Cow::Borrowed(told),
        }
    }
}

impl From<core::Decision> for Told {
    fn from(decision: core::Decision) -> Self {
        Self {
            allowed: decision.is_allowed(),
            reason: Cow::Borrowed(decision.reason.as_str()),
            status: decision.status,
            message: decision.message,
            generation: decision.generation,
            remedy: decision.remedy.map(Remedy::from),
        }
    }
}

impl From<core::Remedy> for Remedy {
    fn from(remedy: core::Remedy) -> Self {
        Self {
            who: remedy.who.as_str().to_owned(),
            r#do: remedy.r#do.into_owned(),
            text: remedy.text.into_owned(),
        }
    }
}

/// A remedy, or its JSON form, or `None`.
fn remedy_of(value: &Any<'_>) -> PyResult<Option<Remedy>> {
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(remedy) = value.cast::<Remedy>() {
        return Ok(Some(remedy.get().clone()));
    }
    let of = |name| item(value, "remedy", name);
    Ok(Some(Remedy {
        who: field(&of("who")?, "who")?,
        r#do: field(&of("do")?, "do")?,
        text: field(&of("text")?, "text")?,
    }))
}

/// A field of a mapping.
fn item<'py>(value: &Any<'py>, what: &str, name: &str) -> PyResult<Any<'py>> {
    let py = value.py();
    let mapping = value
        .cast::<PyMapping>()
        .map_err(|_| wrong_type(py, what, "must be a mapping"))?;
    let missing = |_| bad(py, what, &format!("must have `{name}`"));
    mapping.get_item(name).map_err(missing)
}
