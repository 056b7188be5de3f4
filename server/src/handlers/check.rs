//! The question that everything else rests on: may this token do this? Asked once, or for many
//! resources at a time (contract §7).
//!
//! The hot path: beside the body nothing is waited for, and the token is hashed once. A hub's
//! credential is no token here, and no cookie is read.

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use tokenward_core::{Presented, ResourceName, TokenSecret, World};

use super::answer;
use crate::app::App;
use crate::auth::credential;
use crate::body::Body;
use crate::clock;
use crate::error::ApiError;
use crate::wire;

/// How many resources may be asked about at once.
const MOST: usize = 1000;

/// Always 200 with the decision, whatever it is, when the question can be understood.
pub async fn check(State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    let secret = credential(request.headers(), true);
    let Ok(body) = Body::from_request(request, &app).await;
    let question: wire::Question = body.json()?;
    let now = clock::now();
    let asked = tokenward_core::Request {
        token: presented(secret.as_ref()),
        action: &question.action,
        resource: question.resource.borrow(),
        now,
    };
    let (mut decision, token) = {
        let memory = app.memory();
        let (decision, token) = memory.world.decide_and_identify(&asked);
        (decision, token.map(|token| token.id))
    };
    app.metrics.decided(decision.reason);
    if let Some(id) = token {
        app.used(id, now);
    }
    decision.generation = decision.generation.filter(|_| decision.belongs);
    Ok(answer(StatusCode::OK, &decision))
}

/// What a filter lets through.
#[derive(Serialize)]
struct Allowed {
    allowed: Vec<ResourceName>,
}

/// Those of the resources that the token may do this to, in the order asked.
pub async fn filter(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let now = clock::now();
    let secret = credential(&headers, true);
    // A credential that is no good is told so before its body is judged.
    let token = {
        let memory = app.memory();
        valid(&memory.world, secret.as_ref(), now)?
    };
    if let Presented::Id(id) = token {
        app.used(id, now);
    }
    let wire::Filter {
        action,
        mut resources,
    } = body.json()?;
    if resources.len() > MOST {
        return Err(ApiError::bad(format!(
            "`resources` must have {MOST} items at most."
        )));
    }
    let memory = app.memory();
    resources.retain(|resource| {
        let resource = resource.borrow();
        let asked = tokenward_core::Request {
            token,
            action: &action,
            resource,
            now,
        };
        let decision = memory.world.decide(&asked);
        app.metrics.decided(decision.reason);
        decision.is_allowed()
    });
    drop(memory);
    Ok(answer(StatusCode::OK, &Allowed { allowed: resources }))
}

/// A valid token by its id, so that it is hashed once for many questions; or none at all.
fn valid(
    world: &World,
    secret: Option<&TokenSecret>,
    now: tokenward_core::Timestamp,
) -> Result<Presented<'static>, ApiError> {
    if secret.is_none() {
        return Ok(Presented::Nothing);
    }
    let view = world.authenticate(presented(secret), now)?;
    Ok(Presented::Id(view.id))
}

fn presented(secret: Option<&TokenSecret>) -> Presented<'_> {
    secret.map_or(Presented::Nothing, Presented::Secret)
}
