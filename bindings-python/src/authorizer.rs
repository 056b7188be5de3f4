//! One organization, ready to be decided about.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use tokenward_core::{self as core, OrgDocument, ParseError, Thresholds, TokenPolicy};

use crate::decision::Decision;
use crate::error::{bad, parse_error, wrong_type};
use crate::json;
use crate::request::{self, Named, Token};
use crate::secret::unicode;

/// Decides for one organization and for its members' own namespaces.
#[pyclass(frozen, module = "tokenward")]
pub(crate) struct Authorizer(core::Authorizer);

type Any<'py> = Bound<'py, PyAny>;

#[pymethods]
impl Authorizer {
    /// An authorizer from an org document, as a mapping or as JSON.
    #[staticmethod]
    fn from_document(py: Python<'_>, document: &Any<'_>) -> PyResult<Self> {
        let built = if let Ok(text) = document.cast::<PyString>() {
            let text = unicode(text, "document")?;
            py.detach(|| build(text))
        } else if let Ok(bytes) = document.cast::<PyBytes>() {
            let bytes = bytes.as_bytes();
            py.detach(|| build(utf8(bytes)?))
        } else if document.is_instance_of::<PyDict>() {
            let text = json::dumps(document).map_err(|error| unwritable(py, &error))?;
            py.detach(|| build(&text))
        } else {
            return Err(wrong_type(
                py,
                "document",
                "must be a `dict`, `str` or `bytes`",
            ));
        };
        built.map(Self).map_err(|error| parse_error(py, &error))
    }

    /// The organization's name.
    #[getter]
    fn org(&self) -> &str {
        self.0.org().as_str()
    }

    /// The generation that the authorizer decides at.
    #[getter]
    const fn generation(&self) -> u64 {
        self.0.generation()
    }

    /// Decides about a request.
    #[pyo3(signature = (*, action, resource, token=None, token_id=None, now=None))]
    fn decide<'py>(
        &self,
        py: Python<'py>,
        action: &Any<'py>,
        resource: &Any<'py>,
        token: Option<&Any<'py>>,
        token_id: Option<&Any<'py>>,
        now: Option<&Any<'py>>,
    ) -> PyResult<Decision> {
        let now = request::time(py, now)?;
        let token = Token::read(py, token, token_id)?;
        ask(py, &token, action, resource, now, |request| {
            self.0.decide(&request)
        })
        .map(Decision)
    }

    /// Decides about many requests, each a mapping with the arguments of `decide`.
    #[pyo3(signature = (requests, *, now=None))]
    fn decide_many<'py>(
        &self,
        py: Python<'py>,
        requests: &Any<'py>,
        now: Option<&Any<'py>>,
    ) -> PyResult<Vec<Decision>> {
        let now = request::time(py, now)?;
        let decide = |request: PyResult<Any<'py>>| self.decide_one(&request?, now);
        requests.try_iter()?.map(decide).collect()
    }

    /// Decides, and says how every check came out.
    #[pyo3(signature = (*, action, resource, token=None, token_id=None, now=None))]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        action: &Any<'py>,
        resource: &Any<'py>,
        token: Option<&Any<'py>>,
        token_id: Option<&Any<'py>>,
        now: Option<&Any<'py>>,
    ) -> PyResult<Any<'py>> {
        let now = request::time(py, now)?;
        let token = Token::read(py, token, token_id)?;
        let explained = ask(py, &token, action, resource, now, |request| {
            self.0.explain(&request)
        })?;
        json::loads(py, &json::text(&explained))
    }

    /// Which tokens another policy would let in or shut out.
    fn preview<'py>(&self, py: Python<'py>, policy: &Any<'py>) -> PyResult<Any<'py>> {
        let policy = TokenPolicy::parse(request::text(policy, "tokenPolicy")?);
        let policy = policy.map_err(|error| parse_error(py, &error))?;
        json::loads(py, &py.detach(|| json::text(&self.0.preview(policy))))
    }

    /// What is wrong with the organization's tokens, though nothing is denied for it.
    #[pyo3(signature = (*, now=None, unused_days=None, inactive_days=None, unrotated_days=None, expiring_days=None))]
    fn findings<'py>(
        &self,
        py: Python<'py>,
        now: Option<&Any<'py>>,
        unused_days: Option<&Any<'py>>,
        inactive_days: Option<&Any<'py>>,
        unrotated_days: Option<&Any<'py>>,
        expiring_days: Option<&Any<'py>>,
    ) -> PyResult<Any<'py>> {
        let now = request::time(py, now)?;
        let mut thresholds = Thresholds::default();
        for (threshold, name, given) in [
            (&mut thresholds.unused_days, "unused_days", unused_days),
            (
                &mut thresholds.inactive_days,
                "inactive_days",
                inactive_days,
            ),
            (
                &mut thresholds.unrotated_days,
                "unrotated_days",
                unrotated_days,
            ),
            (
                &mut thresholds.expiring_days,
                "expiring_days",
                expiring_days,
            ),
        ] {
            if let Some(given) = given {
                *threshold = days(given, name)?;
            }
        }
        json::loads(
            py,
            &py.detach(|| json::text(&self.0.findings(now, &thresholds))),
        )
    }

    fn __repr__(&self) -> String {
        format!(
            "<Authorizer: {} at generation {}>",
            self.org(),
            self.generation()
        )
    }
}

impl Authorizer {
    fn decide_one(&self, request: &Any<'_>, default: core::Timestamp) -> PyResult<Decision> {
        let py = request.py();
        let request = request
            .cast::<PyDict>()
            .map_err(|_| wrong_type(py, "request", "must be a `dict`"))?;
        let names = [
            intern!(py, "token"),
            intern!(py, "token_id"),
            intern!(py, "action"),
            intern!(py, "resource"),
            intern!(py, "now"),
        ];
        let mut known = 0;
        let mut fields = [const { None }; 5];
        for (field, name) in fields.iter_mut().zip(names) {
            let value = request.get_item(name)?;
            known += usize::from(value.is_some());
            *field = value.filter(|value| !value.is_none());
        }
        let [token, token_id, action, resource, now] = fields;
        if known != request.len() {
            return Err(bad(
                py,
                "request",
                "must have the arguments of `decide` and nothing else",
            ));
        }
        let (Some(action), Some(resource)) = (action, resource) else {
            return Err(bad(py, "request", "must have an `action` and a `resource`"));
        };
        let now = match now {
            Some(now) => request::time(py, Some(&now))?,
            None => default,
        };
        let token = Token::read(py, token.as_ref(), token_id.as_ref())?;
        ask(py, &token, &action, &resource, now, |request| {
            self.0.decide(&request)
        })
        .map(Decision)
    }
}

/// Asks the core one question.
fn ask<T>(
    py: Python<'_>,
    token: &Token<'_>,
    action: &Any<'_>,
    resource: &Any<'_>,
    now: core::Timestamp,
    answer: impl FnOnce(core::Request<'_>) -> T,
) -> PyResult<T> {
    let resource = Named::read(resource)?;
    let resource = resource
        .resource()
        .map_err(|error| parse_error(py, &error))?;
    Ok(answer(core::Request {
        token: token.presented(),
        action: request::text(action, "action")?,
        resource,
        now,
    }))
}

fn build(json: &str) -> Result<core::Authorizer, ParseError> {
    core::Authorizer::from_document(&OrgDocument::parse(json)?)
}

fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    str::from_utf8(bytes).map_err(|_| ParseError::new("document", "must be UTF-8"))
}

/// Why a `dict` is no JSON. Python's own words may quote it, and it may hold anything.
fn unwritable(py: Python<'_>, _: &PyErr) -> PyErr {
    wrong_type(py, "document", "must hold nothing but what JSON has")
}

fn days(value: &Any<'_>, name: &str) -> PyResult<u32> {
    let wrong = || wrong_type(value.py(), name, "must be a whole number of days");
    if value.is_instance_of::<pyo3::types::PyBool>()
        || !value.is_instance_of::<pyo3::types::PyInt>()
    {
        return Err(wrong());
    }
    value
        .extract()
        .map_err(|_| bad(value.py(), name, "must be between 0 and 4294967295"))
}
