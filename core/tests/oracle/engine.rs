//! The engine as the comparisons see it: JSON and plain requests in, JSON out, through the public API alone.

use serde_json::Value;
use tokenward_core::{
    Authorizer, Decision, OrgDocument, Presented, Request, Resource, Timestamp, TokenId,
    TokenSecret,
};

use crate::naive::{NaiveRequest, NaiveToken};

/// The engine, built from a document as JSON; the error is the engine's text.
pub(crate) fn load(document: &Value) -> Result<Authorizer, String> {
    let document = OrgDocument::parse(&document.to_string()).map_err(|error| error.to_string())?;
    Authorizer::from_document(&document).map_err(|error| error.to_string())
}

pub(crate) fn decision(authorizer: &Authorizer, request: &NaiveRequest) -> Decision {
    with_request(request, |request| authorizer.decide(request))
}

pub(crate) fn decide(authorizer: &Authorizer, request: &NaiveRequest) -> Value {
    json(&decision(authorizer, request))
}

pub(crate) fn explain(authorizer: &Authorizer, request: &NaiveRequest) -> Value {
    with_request(request, |request| json(&authorizer.explain(request)))
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("the tests write valid times")
}

pub(crate) fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("the engine's answers are JSON")
}

fn with_request<T>(request: &NaiveRequest, answer: impl FnOnce(&Request<'_>) -> T) -> T {
    // An empty secret cannot be parsed: for a host it is a token that was not sent.
    let secret = match &request.token {
        NaiveToken::Secret(secret) => TokenSecret::parse(secret).ok(),
        _ => None,
    };
    let token = match (&request.token, &secret) {
        (NaiveToken::Id(id), _) => {
            Presented::Id(TokenId::parse(id).expect("the tests write valid ids"))
        }
        (_, Some(secret)) => Presented::Secret(secret),
        (_, None) => Presented::Nothing,
    };
    answer(&Request {
        token,
        action: &request.action,
        resource: Resource::parse(&request.resource).expect("the tests write valid resources"),
        now: time(&request.now),
    })
}
