//! One organization, ready to be decided about.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString};
use tokenward_core::snapshot::{Snapshot, TrustedKeys};
use tokenward_core::{self as core, OrgDocument, ParseError, Thresholds, TokenPolicy};

use crate::batch::{Batch, Ruled};
use crate::decision::Decision;
use crate::error::{bad, parse_error, snapshot_error, wrong_type};
use crate::json;
use crate::refresh::Refresh;
use crate::request::{self, Named, Token};
use crate::secret::unicode;

/// Decides for one organization and for its members' own namespaces.
///
/// It never changes, so threads share it; a newer document makes a new one.
///
/// >>> authorizer = Authorizer.from_document({
/// ...     "format": "tokenward.org/1",
/// ...     "organization": {"name": "acme", "tokenPolicy": "require-approval"},
/// ...     "members": [{"user": "bob", "role": "write"}],
/// ...     "tokens": [{
/// ...         "id": "65f0c0ffee0000000000000a", "owner": "bob", "role": "fineGrained",
/// ...         "displayName": "laptop", "createdAt": "2026-03-01T12:00:00Z",
/// ...         "digest": parse_token("hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj").digest,
/// ...         "fineGrained": {"scoped": [
/// ...             {"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.write"]},
/// ...         ]},
/// ...     }],
/// ... })
/// >>> authorizer
/// <Authorizer: acme at generation 0>
#[pyclass(frozen, module = "tokenward")]
pub(crate) struct Authorizer {
    core: core::Authorizer,
    /// In seconds; those made from this one have it too.
    max_age: Option<u32>,
    /// Decisions that say nothing of their requests: one object for each reason will do.
    general: [PyOnceLock<Py<Decision>>; core::Reason::ALL.len()],
}

type Any<'py> = Bound<'py, PyAny>;

#[pymethods]
impl Authorizer {
    /// An authorizer from an org document: a `dict`, or its JSON as `str` or `bytes`.
    ///
    /// Other threads run while JSON is read.
    ///
    /// Raises `ParseError` when the document says something impossible, and `InvalidTypeError`
    /// when it is none.
    ///
    /// >>> Authorizer.from_document('{"format": "tokenward.org/1", "organization": {"name": "acme"}}').org
    /// 'acme'
    /// >>> Authorizer.from_document("{}")
    /// Traceback (most recent call last):
    /// tokenward.errors.ParseError: document: missing field `format` at line 1 column 2
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
        built
            .map(Self::new)
            .map_err(|error| parse_error(py, &error))
    }

    /// An authorizer from a signed snapshot (a bundle, as `bytes`), once all of it is verified.
    ///
    /// `keys` are the public keys that are trusted, as a JWKS: a mapping, or its JSON. From the time on
    /// at which the snapshot expires, or when it is `max_age` seconds old, everything is denied with
    /// `snapshot_stale`. `now` is as for `decide`. Other threads run meanwhile.
    ///
    /// Raises `SnapshotError`, whose `code` says what is wrong with the snapshot, and `ParseError`
    /// for keys that are none.
    ///
    /// >>> Authorizer.from_snapshot(b"", {"keys": []})
    /// Traceback (most recent call last):
    /// tokenward.errors.ParseError: keys: must have an Ed25519 key
    #[staticmethod]
    #[pyo3(signature = (snapshot, keys, now=None, *, max_age=None))]
    fn from_snapshot(
        py: Python<'_>,
        snapshot: &Any<'_>,
        keys: &Any<'_>,
        now: Option<&Any<'_>>,
        max_age: Option<&Any<'_>>,
    ) -> PyResult<Self> {
        let bytes = snapshot
            .cast::<PyBytes>()
            .map_err(|_| wrong_type(py, "snapshot", "must be `bytes`"))?
            .as_bytes();
        let keys = trusted(py, keys)?;
        let now = request::time(py, now)?;
        let age = max_age
            .map(|age| whole(age, "max_age", "seconds"))
            .transpose()?;
        let read = py.detach(|| core::Authorizer::from_snapshot(bytes, &keys, now));
        read.map(|read| Self::of_snapshot(read, age))
            .map_err(|error| snapshot_error(py, error))
    }

    /// Begins to read the manifest that follows this snapshot's; this authorizer stays as it is.
    ///
    /// `manifest` is sealed, as the server gives it; `keys` and `now` are as for `from_snapshot`. What
    /// has to be fetched is asked of the `Refresh`. Other threads run meanwhile.
    ///
    /// Raises `SnapshotError` when the manifest is refused: its signature or its times are wrong, it is
    /// another organization's, or older than this one; and `ParseError` when this is a document.
    #[pyo3(signature = (manifest, keys, now=None))]
    fn refresh(
        &self,
        py: Python<'_>,
        manifest: &Any<'_>,
        keys: &Any<'_>,
        now: Option<&Any<'_>>,
    ) -> PyResult<Refresh> {
        let sealed = manifest
            .cast::<PyBytes>()
            .map_err(|_| wrong_type(py, "manifest", "must be `bytes`"))?
            .as_bytes();
        let held = self.snapshot(py)?;
        let keys = trusted(py, keys)?;
        let now = request::time(py, now)?;
        let update = py.detach(|| held.update(sealed, &keys, now));
        update
            .map(|update| Refresh::new(update, self.max_age))
            .map_err(|error| snapshot_error(py, error))
    }

    /// The snapshot as one file, to be kept and read again by `from_snapshot`. Other threads run meanwhile.
    ///
    /// Raises `ParseError` when this is a document.
    ///
    /// >>> authorizer.bundle()
    /// Traceback (most recent call last):
    /// tokenward.errors.ParseError: authorizer: is from a document, and not from a snapshot
    fn bundle<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let held = self.snapshot(py)?;
        let bundle = py.detach(|| held.bundle());
        Ok(PyBytes::new(py, &bundle))
    }

    /// The sealed manifest of the snapshot: what `refresh` takes.
    ///
    /// Raises `ParseError` when this is a document.
    fn manifest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.snapshot(py)?.sealed()))
    }

    /// Whether the snapshot is signed with one of these keys: one that was withdrawn may have been stolen.
    ///
    /// Raises `ParseError` when this is a document, or the keys are none.
    fn is_signed_by(&self, py: Python<'_>, keys: &Any<'_>) -> PyResult<bool> {
        let keys = trusted(py, keys)?;
        Ok(self.snapshot(py)?.is_signed_by(&keys))
    }

    /// When the snapshot was issued, as a `datetime` in UTC; `None` for a document.
    ///
    /// >>> authorizer.issued is None
    /// True
    #[getter]
    fn issued<'py>(&self, py: Python<'py>) -> PyResult<Option<Any<'py>>> {
        let snapshot = self.core.snapshot();
        let issued = snapshot.map(|snapshot| snapshot.stamp().issued);
        issued.map(|time| request::datetime(py, time)).transpose()
    }

    /// From when on everything is denied with `snapshot_stale`, as a `datetime` in UTC; `None` for a document.
    ///
    /// >>> authorizer.stale_from is None
    /// True
    #[getter]
    fn stale_from<'py>(&self, py: Python<'py>) -> PyResult<Option<Any<'py>>> {
        let from = self.core.stale_from();
        from.map(|time| request::datetime(py, time)).transpose()
    }

    /// The organization's name.
    ///
    /// >>> authorizer.org
    /// 'acme'
    #[getter]
    fn org(&self) -> &str {
        self.core.org().as_str()
    }

    /// The generation that it decides at: the number of the organization's newest change in it.
    ///
    /// >>> authorizer.generation
    /// 0
    #[getter]
    const fn generation(&self) -> u64 {
        self.core.generation()
    }

    /// Decides about a request.
    ///
    /// `token` is a raw token, a `TokenSecret`, or nothing; in its place `token_id` takes a token as
    /// presented that is known by its id. `resource` is `type:name`, or a mapping of `type` and
    /// `name`. `now` is an RFC 3339 string, a `datetime` with a time zone, or left out for the clock.
    /// Takes about a microsecond. An action that does not exist is denied.
    ///
    /// Raises `ParseError` for a resource, id or time that is none, and for both `token` and
    /// `token_id`; `InvalidTypeError` for other types.
    ///
    /// >>> token = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj"
    /// >>> decision = authorizer.decide(token=token, action="repo.write", resource="model:acme/bert")
    /// >>> bool(decision), decision.reason, decision.status
    /// (False, 'token_pending', 403)
    #[pyo3(signature = (*, action, resource, token=None, token_id=None, now=None))]
    fn decide<'py>(
        &self,
        py: Python<'py>,
        action: &Any<'py>,
        resource: &Any<'py>,
        token: Option<&Any<'py>>,
        token_id: Option<&Any<'py>>,
        now: Option<&Any<'py>>,
    ) -> PyResult<Py<Decision>> {
        let now = request::time(py, now)?;
        let token = Token::read(py, token, token_id)?;
        let resource = Named::read(resource)?;
        let ruled = ask(py, &token, action, &resource, now, |request| {
            Ruled::new(&self.core, &request, self.core.rule(&request))
        })?;
        self.decision(py, ruled, resource)
    }

    /// Decides about many requests, in their order. Each is a `dict` with the arguments of `decide`,
    /// or a tuple of token, action and resource, which is quicker.
    ///
    /// `now` is the time of requests that name none; the clock is read once. Raises as `decide`
    /// does, for the first request that is none; then nothing is answered.
    ///
    /// >>> request = {"action": "repo.write", "resource": "model:acme/bert"}
    /// >>> [decision.reason for decision in authorizer.decide_many([request, {**request, "token": token}])]
    /// ['missing_token', 'token_pending']
    #[pyo3(signature = (requests, *, now=None))]
    fn decide_many<'py>(
        &self,
        py: Python<'py>,
        requests: &Any<'py>,
        now: Option<&Any<'py>>,
    ) -> PyResult<Vec<Py<Decision>>> {
        let now = request::time(py, now)?;
        let mut requests = requests.try_iter()?;
        let (mut batch, mut decisions) = (Batch::new(now), Vec::new());
        while batch.read(&mut requests) {
            for (asked, ruled) in batch.decide(py, &self.core)? {
                decisions.push(self.decision(py, ruled, asked.resource)?);
            }
        }
        Ok(decisions)
    }

    /// Decides, and says how every check came out: the decision's JSON form with `checks`.
    ///
    /// Takes and raises what `decide` does.
    ///
    /// >>> explanation = authorizer.explain(token=token, action="org.write", resource="org:acme")
    /// >>> [check["check"] for check in explanation["checks"] if check["outcome"] == "fail"]
    /// ['approval', 'scope', 'role']
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
        let resource = Named::read(resource)?;
        let explained = ask(py, &token, action, &resource, now, |request| {
            self.core.explain(&request)
        })?;
        json::loads(py, &json::text(&explained))
    }

    /// Which tokens another token policy would let in or shut out, in its JSON form (contract §7).
    ///
    /// Other threads run meanwhile. Raises `ParseError` for a policy that does not exist.
    ///
    /// >>> authorizer.preview("default")["summary"]
    /// {'unchanged': 0, 'blocked': 0, 'unblocked': 1}
    fn preview<'py>(&self, py: Python<'py>, policy: &Any<'py>) -> PyResult<Any<'py>> {
        let policy = TokenPolicy::parse(request::text(policy, "tokenPolicy")?);
        let policy = policy.map_err(|error| parse_error(py, &error))?;
        json::loads(py, &py.detach(|| json::text(&self.core.preview(policy))))
    }

    /// What is wrong with the organization's tokens, though nothing is denied for it: a list of
    /// findings in their JSON form (contract §9).
    ///
    /// Thresholds are in days; left out, they are 30 (never used), 90 (not used), 365 (not rotated)
    /// and 14 (expires). `now` is as for `decide`. Other threads run meanwhile. Raises `ParseError`
    /// for a time or a number of days that is none.
    ///
    /// >>> [found["finding"] for found in authorizer.findings(now="2026-03-02T12:00:00Z")]
    /// ['no_expiry', 'org_wide_write']
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
                *threshold = whole(given, name, "days")?;
            }
        }
        json::loads(
            py,
            &py.detach(|| json::text(&self.core.findings(now, &thresholds))),
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
    /// Of a snapshot that was verified, too old after so many seconds at the latest.
    pub(crate) fn of_snapshot(core: core::Authorizer, max_age: Option<u32>) -> Self {
        let core = match max_age {
            Some(seconds) => core.with_maximum_age(u64::from(seconds) * 1000),
            None => core,
        };
        Self {
            max_age,
            ..Self::new(core)
        }
    }

    fn snapshot(&self, py: Python<'_>) -> PyResult<&Snapshot> {
        let why = "is from a document, and not from a snapshot";
        let held = self.core.snapshot();
        held.ok_or_else(|| bad(py, "authorizer", why))
    }

    const fn new(core: core::Authorizer) -> Self {
        Self {
            core,
            max_age: None,
            general: [const { PyOnceLock::new() }; core::Reason::ALL.len()],
        }
    }

    fn decision(&self, py: Python<'_>, ruled: Ruled, resource: Named) -> PyResult<Py<Decision>> {
        let reason = ruled.ruling.reason;
        let new = || Py::new(py, Decision::ruled(ruled.ruling, resource, ruled.token));
        match self.general.get(reason as usize) {
            Some(kept) if ruled.is_general => Ok(kept.get_or_try_init(py, new)?.clone_ref(py)),
            _ => new(),
        }
    }
}

/// Asks the core one question.
fn ask<T>(
    py: Python<'_>,
    token: &Token,
    action: &Any<'_>,
    resource: &Named,
    now: core::Timestamp,
    answer: impl FnOnce(core::Request<'_>) -> T,
) -> PyResult<T> {
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

/// Public keys.
fn trusted(py: Python<'_>, keys: &Any<'_>) -> PyResult<TrustedKeys> {
    TrustedKeys::parse(&jwks(keys)?).map_err(|error| parse_error(py, &error))
}

/// The JSON text of public keys.
fn jwks(keys: &Any<'_>) -> PyResult<String> {
    let py = keys.py();
    if let Ok(text) = keys.cast::<PyString>() {
        return unicode(text, "keys").map(str::to_owned);
    }
    if let Ok(bytes) = keys.cast::<PyBytes>() {
        return Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned());
    }
    if keys.is_instance_of::<PyDict>() {
        let why = "must hold nothing but what JSON has";
        return json::dumps(keys).map_err(|_| wrong_type(py, "keys", why));
    }
    Err(wrong_type(py, "keys", "must be a `dict`, `str` or `bytes`"))
}

fn whole(value: &Any<'_>, name: &str, unit: &str) -> PyResult<u32> {
    let why = format!("must be a whole number of {unit}");
    let wrong = || wrong_type(value.py(), name, &why);
    if value.is_instance_of::<pyo3::types::PyBool>()
        || !value.is_instance_of::<pyo3::types::PyInt>()
    {
        return Err(wrong());
    }
    value
        .extract()
        .map_err(|_| bad(value.py(), name, "must be between 0 and 4294967295"))
}
