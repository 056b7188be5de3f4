//! Requests of a batch: read while Python's objects may be looked at, decided about without them.

use compact_str::CompactString;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyIterator, PyTuple};
use tokenward_core::{self as core, ParseError};

use crate::error::{bad, parse_error, wrong_type};
use crate::request::{self, Named, Token};

/// So many requests are read before other threads may run while they are decided about.
const AT_ONCE: usize = 64;

/// The requests of a batch, some at a time, in memory that is used again.
///
/// Each step is made for all of them before the next, since it waits for memory that is not at hand.
pub(crate) struct Batch<'py> {
    now: core::Timestamp,
    requests: Vec<Bound<'py, PyAny>>,
    arguments: Vec<Arguments<'py>>,
    asked: Vec<Asked>,
    ruled: Vec<Ruled>,
    /// Why the request behind these is none.
    failed: Option<PyErr>,
}

impl<'py> Batch<'py> {
    /// `now` is the time of requests that name none.
    pub(crate) fn new(now: core::Timestamp) -> Self {
        Self {
            now,
            requests: Vec::with_capacity(AT_ONCE),
            arguments: Vec::with_capacity(AT_ONCE),
            asked: Vec::with_capacity(AT_ONCE),
            ruled: Vec::with_capacity(AT_ONCE),
            failed: None,
        }
    }

    /// Reads the next requests, up to the first that is none; false when there are no more.
    pub(crate) fn read(&mut self, requests: &mut Bound<'py, PyIterator>) -> bool {
        let Self { now, failed, .. } = self;
        fill(&mut self.requests, requests.take(AT_ONCE), failed);
        let arguments = self.requests.iter().map(Arguments::of);
        fill(&mut self.arguments, arguments, failed);
        let asked = self
            .arguments
            .iter()
            .map(|request| Asked::read(request, *now));
        fill(&mut self.asked, asked, failed);
        !self.asked.is_empty() || self.failed.is_some()
    }

    /// Decides about what was read. Other threads run meanwhile.
    pub(crate) fn decide(
        &mut self,
        py: Python<'_>,
        authorizer: &core::Authorizer,
    ) -> PyResult<impl Iterator<Item = (Asked, Ruled)>> {
        let Self { asked, ruled, .. } = self;
        let wrong = py.detach(|| rule(authorizer, asked, ruled));
        wrong.map_err(|error| parse_error(py, &error))?;
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(self.asked.drain(..).zip(self.ruled.drain(..))),
        }
    }
}

/// What comes, up to the first failure. One that was found in an earlier step is of a request behind.
fn fill<T>(
    room: &mut Vec<T>,
    items: impl Iterator<Item = PyResult<T>>,
    failed: &mut Option<PyErr>,
) {
    room.clear();
    for item in items {
        match item {
            Ok(item) => room.push(item),
            Err(error) => {
                *failed = Some(error);
                return;
            }
        }
    }
}

fn rule(
    authorizer: &core::Authorizer,
    asked: &[Asked],
    ruled: &mut Vec<Ruled>,
) -> Result<(), ParseError> {
    let mut wrong = Ok(());
    let requests = asked.iter().map_while(|asked| match asked.request() {
        Ok(request) => Some(request),
        Err(error) => {
            wrong = Err(error);
            None
        }
    });
    ruled.clear();
    authorizer.rule_many(requests, |request, ruling, token| {
        ruled.push(Ruled::new(authorizer, request, (ruling, token)));
    });
    wrong
}

/// A ruling, and what else its words may need.
pub(crate) struct Ruled {
    pub(crate) ruling: core::Ruling,
    /// The name of the token.
    pub(crate) token: Option<CompactString>,
    /// Whether one decision will do for all like it.
    pub(crate) is_general: bool,
}

impl Ruled {
    pub(crate) fn new(
        authorizer: &core::Authorizer,
        request: &core::Request<'_>,
        (ruling, token): (core::Ruling, Option<&str>),
    ) -> Self {
        let is_here = || request.resource.namespace() == authorizer.org().as_str();
        Self {
            ruling,
            token: token.map(CompactString::from),
            is_general: ruling.is_allowed() || ruling.is_general() && is_here(),
        }
    }
}

/// The arguments of a request, none of which has been looked at yet.
pub(crate) struct Arguments<'py> {
    token: Option<Bound<'py, PyAny>>,
    token_id: Option<Bound<'py, PyAny>>,
    action: Bound<'py, PyAny>,
    resource: Bound<'py, PyAny>,
    now: Option<Bound<'py, PyAny>>,
}

impl<'py> Arguments<'py> {
    /// Of a `dict` with the arguments of `decide`, or token, action and resource in a tuple; `None`
    /// is an argument left out.
    pub(crate) fn of(request: &Bound<'py, PyAny>) -> PyResult<Self> {
        match request.cast::<PyTuple>() {
            Ok(tuple) => Self::of_tuple(tuple),
            Err(_) => Self::of_dict(request),
        }
    }

    fn of_tuple(tuple: &Bound<'py, PyTuple>) -> PyResult<Self> {
        if tuple.len() != 3 {
            let why = "must have a token, an action and a resource";
            return Err(bad(tuple.py(), "request", why));
        }
        Ok(Self {
            token: Some(tuple.get_item(0)?).filter(|token| !token.is_none()),
            token_id: None,
            action: tuple.get_item(1)?,
            resource: tuple.get_item(2)?,
            now: None,
        })
    }

    fn of_dict(request: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = request.py();
        let request = request
            .cast::<PyDict>()
            .map_err(|_| wrong_type(py, "request", "must be a `dict` or a tuple"))?;
        // Most requests have the first three and nothing else.
        let names = [
            intern!(py, "action"),
            intern!(py, "resource"),
            intern!(py, "token"),
            intern!(py, "token_id"),
            intern!(py, "now"),
        ];
        let mut known = 0;
        let mut fields = [const { None }; 5];
        for (field, name) in fields.iter_mut().zip(names) {
            if known == request.len() {
                break;
            }
            let value = request.get_item(name)?;
            known += usize::from(value.is_some());
            *field = value.filter(|value| !value.is_none());
        }
        if known != request.len() {
            let why = "must have the arguments of `decide` and nothing else";
            return Err(bad(py, "request", why));
        }
        let [Some(action), Some(resource), token, token_id, now] = fields else {
            return Err(bad(py, "request", "must have an `action` and a `resource`"));
        };
        Ok(Self {
            token,
            token_id,
            action,
            resource,
            now,
        })
    }
}

/// One request, with texts that it shares with Python.
pub(crate) struct Asked {
    token: Token,
    action: PyBackedStr,
    pub(crate) resource: Named,
    now: core::Timestamp,
}

impl Asked {
    /// Looks at the arguments.
    pub(crate) fn read(asked: &Arguments<'_>, default: core::Timestamp) -> PyResult<Self> {
        let py = asked.action.py();
        Ok(Self {
            token: Token::read(py, asked.token.as_ref(), asked.token_id.as_ref())?,
            action: request::shared(&asked.action, "action")?,
            resource: Named::read(&asked.resource)?,
            now: match &asked.now {
                Some(now) => request::time(py, Some(now))?,
                None => default,
            },
        })
    }

    /// The request for the core; that the resource is one is found out here.
    pub(crate) fn request(&self) -> Result<core::Request<'_>, ParseError> {
        Ok(core::Request {
            token: self.token.presented(),
            action: &self.action,
            resource: self.resource.resource()?,
            now: self.now,
        })
    }
}
