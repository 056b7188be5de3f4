//! Requests of a batch: read while Python's objects may be looked at, decided about without them.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyTuple};
use tokenward_core::{self as core, ParseError, Presented, TokenId};

use crate::error::{bad, wrong_type};
use crate::request::{self, Named, Token};

/// One request, with texts that it shares with Python.
pub(crate) struct Asked {
    token: Carried,
    action: PyBackedStr,
    resource: Named<PyBackedStr>,
    now: core::Timestamp,
}

/// What is presented as a token.
enum Carried {
    Nothing,
    Secret(core::TokenSecret),
    Id(TokenId),
}

impl Asked {
    /// A `dict` with the arguments of `decide`, or token, action and resource in a tuple; `None` is
    /// an argument left out.
    pub(crate) fn read(request: &Bound<'_, PyAny>, default: core::Timestamp) -> PyResult<Self> {
        let py = request.py();
        if let Ok(tuple) = request.cast::<PyTuple>() {
            if tuple.len() != 3 {
                let why = "must have a token, an action and a resource";
                return Err(bad(py, "request", why));
            }
            let token = tuple.get_item(0)?;
            let token = Some(&token).filter(|token| !token.is_none());
            return Ok(Self {
                token: carried(Token::read(py, token, None)?),
                action: request::shared(&tuple.get_item(1)?, "action")?,
                resource: Named::shared(&tuple.get_item(2)?)?,
                now: default,
            });
        }
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
            token: carried(Token::read(py, token.as_ref(), token_id.as_ref())?),
            action: request::shared(&action, "action")?,
            resource: Named::shared(&resource)?,
            now: match now {
                Some(now) => request::time(py, Some(&now))?,
                None => default,
            },
        })
    }

    /// The request for the core; that the resource is one is found out here.
    pub(crate) fn request(&self) -> Result<core::Request<'_>, ParseError> {
        Ok(core::Request {
            token: match &self.token {
                Carried::Nothing => Presented::Nothing,
                Carried::Secret(secret) => Presented::Secret(secret),
                Carried::Id(id) => Presented::Id(*id),
            },
            action: &self.action,
            resource: self.resource.resource()?,
            now: self.now,
        })
    }
}

fn carried(token: Token<'_>) -> Carried {
    match token {
        Token::Nothing => Carried::Nothing,
        Token::Read(secret) => Carried::Secret(secret),
        Token::Parsed(secret) => Carried::Secret(secret.0.clone()),
        Token::Id(id) => Carried::Id(id),
    }
}
