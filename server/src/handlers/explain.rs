//! Everything that stands in a token's way, told to whoever holds it: the question of `check`, or a
//! request to the hub, answered with all checks and all remedies.
//!
//! It tells the owner of a token no more than their own explanation does (contract §5), and decides
//! nothing: what a request needs is the core's table, how its checks come out is the core's word.

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use tokenward_core::hub::{self, Demand, Place};
use tokenward_core::{
    Action, Audience, Explanation, Name, Obstacle, Presented, ResourceName, Timestamp, World,
};

use super::answer;
use crate::app::App;
use crate::auth::credential;
use crate::body::Body;
use crate::clock;
use crate::error::ApiError;
use crate::wire;

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
    let caller = Caller {
        presented: secret
            .as_ref()
            .map_or(Presented::Nothing, Presented::Secret),
        now: clock::now(),
    };
    let memory = app.memory();
    let explanations = match (question.action, question.resource, question.request) {
        (Some(action), Some(resource), None) => {
            vec![caller.explain(&memory.world, action, resource)]
        }
        (None, None, Some(request)) => caller.explain_request(&memory.world, &request),
        _ => {
            let text = "The body must have `action` and `resource`, or `request`.";
            return Err(ApiError::bad(text));
        }
    };
    drop(memory);
    Ok(answer(StatusCode::OK, &Explanations { explanations }))
}

/// Who asks, and when.
struct Caller<'a> {
    presented: Presented<'a>,
    now: Timestamp,
}

impl Caller<'_> {
    fn explain(&self, world: &World, action: String, resource: ResourceName) -> Item {
        let asked = tokenward_core::Request {
            token: self.presented,
            action: &action,
            resource: resource.borrow(),
            now: self.now,
        };
        let explanation = world.explain(&asked, Audience::Owner);
        Item::new(Some(action), Some(resource), explanation)
    }

    /// A bad token is in the way of everything but what needs none; then each need is explained.
    fn explain_request(&self, world: &World, request: &wire::HubRequest) -> Vec<Item> {
        let body = request.body.as_deref().map(str::as_bytes);
        let Ok(demand) = hub::judge(&request.method, &request.uri, body) else {
            return vec![Item::new(None, None, Explanation::unknown_action())];
        };
        let token = || Item::new(None, None, world.explain_token(self.presented, self.now));
        let anonymous = matches!(self.presented, Presented::Nothing);
        match demand {
            Demand::Public => Vec::new(),
            Demand::Listing if anonymous => Vec::new(),
            Demand::Any | Demand::Listing => vec![token()],
            Demand::Needs(needs) => {
                let items = needs.into_iter();
                items
                    .map(
                        |(action, place)| match self.resource(world, action, place) {
                            Some(resource) => {
                                self.explain(world, action.as_str().to_owned(), resource)
                            }
                            None => token(),
                        },
                    )
                    .collect()
            }
        }
    }

    /// The resource of a place; nothing for the caller's own when nobody valid calls.
    fn resource(&self, world: &World, action: Action, place: Place) -> Option<ResourceName> {
        let caller = world.authenticate(self.presented, self.now).ok();
        let user = caller.and_then(|view| Name::parse(view.owner).ok());
        let place = user.map_or_else(|| place.clone(), |user| place.clone().of_caller(&user));
        world.resource_at(action, place)
    }
}

impl Item {
    fn new(
        action: Option<String>,
        resource: Option<ResourceName>,
        mut explanation: Explanation,
    ) -> Self {
        let belongs = explanation.decision.belongs;
        explanation.decision.generation = explanation.decision.generation.filter(|_| belongs);
        Self {
            action,
            resource,
            obstacles: std::mem::take(&mut explanation.obstacles),
            explanation,
        }
    }
}
