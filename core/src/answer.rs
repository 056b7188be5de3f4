//! How decisions are answered over HTTP: status, headers and text, the same at the server and at
//! every edge (contract §7, "Answers" and "`/authz`").

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::decision::Decision;
use crate::passage::Passage;
use crate::reason::Reason;
use crate::timestamp::Timestamp;

/// What the header of a 401 says whose cause is the token that was sent (H§6.1, row 7).
const INVALID_CREDENTIALS: &str = "Invalid credentials in Authorization header";
const BEARER: &str = "Bearer realm=\"Authentication required\", charset=\"UTF-8\"";
const BASIC: &str = "Basic realm=\"Tokenward\"";

/// At which door a request is answered: two of them word a 401 in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// `whoami-v2`.
    Whoami,
    /// `/authz` and edges, where git must be asked for a password.
    Gate,
    /// Everywhere else.
    Api,
}

/// An answer without its shape: what a host sends as it sends everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers in lower case, in ASCII; one name may stand there twice.
    pub headers: Vec<(&'static str, String)>,
    /// The `error` of the body; none where the request is allowed.
    pub error: Option<String>,
}

impl Decision {
    /// The answer to a denied request.
    #[must_use]
    pub fn answer(&self, door: Door) -> Answer {
        let text = self.message.as_deref().unwrap_or_default();
        let mut headers = Vec::from([("x-tokenward-reason", self.reason.as_str().into())]);
        let code = self.error_code.map(|code| ("x-error-code", code.into()));
        headers.extend(code);
        let remedy = self.remedy.as_ref();
        headers.extend(remedy.map(|remedy| ("x-tokenward-remedy", in_header(&remedy.text))));
        let mut error = text;
        let mut in_short = text;
        if self.reason.is_unauthenticated() {
            if door == Door::Gate {
                headers.push(("www-authenticate", BASIC.into()));
            }
            headers.push(("www-authenticate", BEARER.into()));
            if self.reason != Reason::MissingToken {
                in_short = match door {
                    Door::Whoami => "Invalid username or password.",
                    Door::Gate | Door::Api => INVALID_CREDENTIALS,
                };
                match self.reason {
                    Reason::InvalidToken => error = in_short,
                    _ => headers.push(("x-hf-warning", in_header(&format!("token; {text}")))),
                }
            }
        }
        headers.push(("x-error-message", in_header(in_short)));
        Answer {
            status: self.status,
            headers,
            error: Some(error.into()),
        }
    }
}

impl Passage {
    /// The answer of a gateway's door. Its names are always there, empty for nobody: a gateway that
    /// copies them overwrites what the client sent.
    #[must_use]
    pub fn answer(&self, now: Timestamp) -> Answer {
        let mut answer = match &self.outcome {
            Ok(reason) => Answer {
                status: 200,
                headers: Vec::from([("x-tokenward-reason", reason.as_str().into())]),
                error: None,
            },
            Err(decision) => decision.answer(Door::Gate),
        };
        let caller = self.caller.as_ref();
        let user = caller.map(|caller| caller.user.to_string());
        let token = caller.and_then(|caller| caller.token);
        let token = token.map(|token| token.to_string());
        let headers = &mut answer.headers;
        headers.push(("x-tokenward-user", user.unwrap_or_default()));
        headers.push(("x-tokenward-token-id", token.unwrap_or_default()));
        let orgs = self.orgs.as_ref();
        headers.extend(orgs.map(|orgs| ("x-tokenward-orgs", orgs.join(","))));
        let warning = self.warning(now);
        headers.extend(warning.map(|warning| ("x-hf-warning", in_header(&warning))));
        answer
    }
}

/// A text that may come from outside, as a header holds it: control characters are left out, and a
/// question mark stands for whatever is not ASCII, since clients read headers in different ways.
#[must_use]
pub fn in_header(text: &str) -> String {
    let ascii = |c: char| if c.is_ascii() { c } else { '?' };
    let visible = text.chars().filter(|c| !c.is_control());
    visible.map(ascii).collect()
}
