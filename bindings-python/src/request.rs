//! Arguments of a request as they come from Python, read into the core's types.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyMapping, PyString};
use tokenward_core::{
    self as core, LentSecret, ParseError, Presented, Resource, Timestamp, TokenId,
};

use crate::clock;
use crate::error::{bad, parse_error, wrong_type};
use crate::secret::{TokenSecret, unicode};

static UTC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static FROM_TIMESTAMP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// What is presented as a token. A text stays Python's, and is not copied.
pub(crate) enum Token {
    Nothing,
    Read(PyBackedStr),
    Parsed(Py<TokenSecret>),
    /// In a box: as it is, its twelve bytes would make every other token crooked to move.
    Id(Box<TokenId>),
}

impl Token {
    /// `token` or `token_id`, never both. An empty token is none.
    pub(crate) fn read(
        py: Python<'_>,
        token: Option<&Bound<'_, PyAny>>,
        id: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        match (token, id) {
            (Some(_), Some(_)) => Err(bad(py, "token", "must not stand beside `token_id`")),
            (None, None) => Ok(Self::Nothing),
            (None, Some(id)) => {
                let id = TokenId::parse(text(id, "token_id")?);
                id.map(|id| Self::Id(Box::new(id)))
                    .map_err(|error| parse_error(py, &error))
            }
            (Some(token), None) => {
                if token.is_instance_of::<PyString>() {
                    return shared(token, "token").map(Self::Read);
                }
                let secret = token.cast::<TokenSecret>();
                secret
                    .map(|secret| Self::Parsed(secret.clone().unbind()))
                    .map_err(|_| wrong_type(py, "token", "must be a string or a `TokenSecret`"))
            }
        }
    }

    pub(crate) fn presented(&self) -> Presented<'_> {
        match self {
            Self::Nothing => Presented::Nothing,
            // The only text that is no secret is the empty one.
            Self::Read(text) => LentSecret::parse(text).map_or(Presented::Nothing, Presented::Lent),
            Self::Parsed(secret) => Presented::Secret(&secret.get().0),
            Self::Id(id) => Presented::Id(**id),
        }
    }
}

/// A string argument.
pub(crate) fn text<'a>(value: &'a Bound<'_, PyAny>, what: &str) -> PyResult<&'a str> {
    let text = value
        .cast::<PyString>()
        .map_err(|_| wrong_type(value.py(), what, "must be a string"))?;
    unicode(text, what)
}

/// A string argument that Python may drop meanwhile.
pub(crate) fn shared(value: &Bound<'_, PyAny>, what: &str) -> PyResult<PyBackedStr> {
    match value.extract() {
        Ok(text) => Ok(text),
        Err(_) => text(value, what).and(value.extract()),
    }
}

/// A resource: `type:name`, or a mapping of `type` and `name`. It shares its texts with Python.
pub(crate) enum Named {
    Text(PyBackedStr),
    Pair(Box<[PyBackedStr; 2]>),
}

impl Named {
    pub(crate) fn read(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyString>() {
            shared(value, "resource").map(Self::Text)
        } else {
            Self::pair(value)
        }
    }

    fn pair(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = value.py();
        let wrong = || {
            wrong_type(
                py,
                "resource",
                "must be `type:name` or a mapping of `type` and `name`",
            )
        };
        let mapping = value.cast::<PyMapping>().map_err(|_| wrong())?;
        if mapping.len()? != 2 {
            return Err(bad(
                py,
                "resource",
                "must have `type` and `name` and nothing else",
            ));
        }
        let part = |key| mapping.get_item(key).ok()?.extract::<PyBackedStr>().ok();
        let pair = part("type").zip(part("name"));
        pair.map(|(kind, name)| Self::Pair(Box::new([kind, name])))
            .ok_or_else(wrong)
    }

    pub(crate) fn resource(&self) -> Result<Resource<'_>, ParseError> {
        match self {
            Self::Text(text) => Resource::parse(text),
            Self::Pair(pair) => {
                let [kind, name] = &**pair;
                Resource::new(core::ResourceType::parse(kind)?, name)
            }
        }
    }
}

/// A time: RFC 3339, a `datetime` that knows its zone, or the clock's.
pub(crate) fn time(py: Python<'_>, value: Option<&Bound<'_, PyAny>>) -> PyResult<Timestamp> {
    let Some(value) = value else {
        return Ok(clock::now());
    };
    let parse = |text: &str| Timestamp::parse(text).map_err(|error| parse_error(py, &error));
    if let Ok(text) = value.cast::<PyString>() {
        return parse(unicode(text, "now")?);
    }
    let moment = value.getattr("utcoffset").and_then(|offset| offset.call0());
    let Ok(offset) = moment else {
        return Err(wrong_type(
            py,
            "now",
            "must be an RFC 3339 string or a `datetime`",
        ));
    };
    if offset.is_none() {
        return Err(bad(py, "now", "must be a `datetime` with a time zone"));
    }
    // In UTC: RFC 3339 knows no zone that is off by seconds, and Python does.
    let moment = value.call_method1("astimezone", (utc(py)?,));
    let text = moment.and_then(|moment| moment.call_method0("isoformat")?.extract::<String>());
    parse(&text.map_err(|_| bad(py, "now", "must be a time between the years 1 and 9999"))?)
}

/// A time as a `datetime` in UTC.
pub(crate) fn datetime(py: Python<'_>, time: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    let make = FROM_TIMESTAMP.get_or_try_init(py, || {
        let class = py.import("datetime")?.getattr("datetime")?;
        class.getattr("fromtimestamp").map(Bound::unbind)
    })?;
    // Whole milliseconds of these years come through a float as they are.
    #[expect(clippy::cast_precision_loss, reason = "times have less than 53 bits")]
    let seconds = time.as_millis() as f64 / 1000.0;
    make.bind(py).call1((seconds, utc(py)?))
}

fn utc(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    UTC.get_or_try_init(py, || {
        let zones = py.import("datetime")?.getattr("timezone")?;
        zones.getattr("utc").map(Bound::unbind)
    })
}
