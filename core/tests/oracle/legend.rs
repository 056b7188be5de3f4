//! What the engine said over all the scenarios of the decision table, gathered while it answers.
//!
//! It asks the engine and keeps each sort of answer once; it judges none.

use std::collections::{BTreeMap, HashSet};

use tokenward_core::Decision;

use crate::actions::ACTIONS;
use crate::engine;
use crate::naive::NaiveRequest;
use crate::scenario::Scenario;

/// What was said for each reason: the status, the message and the remedy, with the names taken out.
#[derive(Default)]
pub(crate) struct Legend {
    sayings: BTreeMap<(&'static str, String, String), u16>,
    /// The reasons noted already, for each resource and action.
    noted: HashSet<(&'static str, String)>,
}

impl Legend {
    /// Notes the answer and returns its reason.
    fn note(&mut self, request: &NaiveRequest, answer: &Decision) -> &'static str {
        let reason = answer.reason.as_str();
        if self
            .noted
            .insert((reason, format!("{} {}", request.action, request.resource)))
        {
            let remedy = engine::json(&answer.remedy);
            let text = |field: &str| remedy[field].as_str().unwrap_or("-").to_owned();
            let remedy = format!("{} {}", text("who"), text("do"));
            self.sayings.insert(
                (reason, general_message(request, answer), remedy),
                answer.status,
            );
        }
        reason
    }

    /// Notes what no document can say: the answer of an edge whose snapshot is too old.
    pub(crate) fn note_stale(&mut self, answer: &Decision, ages: [&str; 2]) {
        let remedy = engine::json(&answer.remedy);
        let text = |field: &str| remedy[field].as_str().unwrap_or("-").to_owned();
        let message = answer.message.as_deref().unwrap_or("-").to_owned();
        let message = ages
            .iter()
            .fold(message, |message, age| message.replace(age, "<n>"));
        let remedy = format!("{} {}", text("who"), text("do"));
        let saying = (answer.reason.as_str(), message, remedy);
        self.sayings.insert(saying, answer.status);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let sayings = self.sayings.iter();
        sayings
            .map(|((reason, message, remedy), status)| {
                format!("{status}  {reason:22} {remedy:34} {message}")
            })
            .collect()
    }
}

/// The message without the names of the resource and of the permission.
fn general_message(request: &NaiveRequest, answer: &Decision) -> String {
    let (resource_type, name) = request.resource.split_once(':').expect("`type:name`");
    let message = answer.message.as_deref().unwrap_or("-");
    let message = message.replace(&format!("{resource_type} {name}"), "<type> <name>");
    let message = message.replace(&format!("\"{name}\""), "\"<name>\"");
    ACTIONS
        .iter()
        .flat_map(|row| row.permissions)
        .fold(message, |message, permission| {
            message.replace(&format!("\"{permission}\""), "\"<permission>\"")
        })
}

/// The reasons of all requests of a scenario, in their order.
pub(crate) fn reasons(scenario: &Scenario, legend: &mut Legend) -> Vec<&'static str> {
    let authorizer = engine::load(&scenario.document()).expect("the engine takes a valid document");
    let requests = scenario.requests();
    requests
        .iter()
        .map(|request| legend.note(request, &engine::decision(&authorizer, request)))
        .collect()
}
