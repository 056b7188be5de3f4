//! Everything that stands in a token's way, told to whoever holds it: the question of `check`, or a
//! request to the hub, answered with all checks and all remedies.
//!
//! It tells the owner of a token no more than their own explanation does (contract §5), and decides
//! nothing: what a request needs is the core's table, how its checks come out is the core's word.

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use tokenward_core::{Explanation, Needed, Obstacle, Presented, ResourceName, hub};

use super::answer;
use crate::app::App;
use crate::auth::credential;
use crate::body::Body;
use crate::clock;
use crate::error::ApiError;
use crate::wire;

/// A longer URI is none of a client's, and each owner that a listing names takes an explanation.
const LONGEST_URI: usize = 4096;

/// What is answered: one explanation for each thing that has to be allowed.
#[derive(Serialize)]
struct Explanations {
    explanations: Vec<Item>,
}

/// How one thing came out.
#[derive(Serialize)]
struct Item {
    /// The action; none when the token alone is in the way, or nobody may do it.
    action: Option<String>,
    resource: Option<ResourceName>,
    #[serde(flatten)]
    explanation: Explanation,
    obstacles: Vec<Obstacle>,
}

/// Always 200 with the explanations when the question can be understood.
pub async fn explain(State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    let secret = credential(request.headers(), true);
    let Ok(body) = Body::from_request(request, &app).await;
    let question: wire::Explain = body.json()?;
    let token = secret
        .as_ref()
        .map_or(Presented::Nothing, Presented::Secret);
    let now = clock::now();
    let needed = match (question.action, question.resource, question.request) {
        (Some(action), Some(resource), None) => {
            vec![
                app.memory()
                    .world
                    .explain_need(token, &action, resource, now),
            ]
        }
        (None, None, Some(request)) => match demand(&request)? {
            Some(demand) => app.memory().world.explain_demand(demand, token, now),
            None => vec![Needed::impossible()],
        },
        _ => {
            let text = "The body must have `action` and `resource`, or `request`.";
            return Err(ApiError::bad(text));
        }
    };
    let explanations = needed.into_iter().map(Item::from).collect();
    Ok(answer(StatusCode::OK, &Explanations { explanations }))
}

/// What a request to the hub needs; nothing when nobody may make it.
fn demand(request: &wire::HubRequest) -> Result<Option<hub::Demand>, ApiError> {
    if request.uri.len() > LONGEST_URI {
        let text = format!("`uri` must have {LONGEST_URI} bytes at most.");
        return Err(ApiError::bad(text));
    }
    let body = request.body.as_deref().map(str::as_bytes);
    Ok(hub::judge(&request.method, &request.uri, body).ok())
}

impl From<Needed> for Item {
    fn from(needed: Needed) -> Self {
        let mut explanation = needed.explanation;
        let belongs = explanation.decision.belongs;
        explanation.decision.generation = explanation.decision.generation.filter(|_| belongs);
        Self {
            action: needed.action,
            resource: needed.resource,
            obstacles: std::mem::take(&mut explanation.obstacles),
            explanation,
        }
    }
}
