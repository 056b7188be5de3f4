//! The Hub's URL table, seen from outside: what clients send, what attackers send, and the list in `docs`.
//!
//! The expectations are written from the fact sheet of the Hub's API and from the clients' code, not from the table.

mod attacks;
mod bodies;
mod clients;
mod list;
mod mutations;
mod parameters;

use tokenward_core::hub::{Demand, Place, Refusal, judge};
use tokenward_core::{Action, Name, ResourceName, ResourceType};

/// A demand in short form: `public`, `any`, `listing`, or `action place` joined by ` + `; a refusal by its name.
fn short(judged: &Result<Demand, Refusal>) -> String {
    match judged {
        Ok(Demand::Public) => "public".into(),
        Ok(Demand::Any) => "any".into(),
        Ok(Demand::Listing) => "listing".into(),
        Ok(Demand::Needs(needs)) => {
            let needs: Vec<_> = needs
                .iter()
                .map(|(action, place)| need(*action, place))
                .collect();
            needs.join(" + ")
        }
        Err(refusal) => format!("{refusal:?}"),
    }
}

fn need(action: Action, place: &Place) -> String {
    let place = match place {
        Place::Resource(repo) => repo.to_string(),
        Place::Namespace(name) => format!("{name}/"),
        Place::Caller => "me/".into(),
        Place::CallersRepo(kind, name) => format!("{kind}:me/{name}"),
    };
    format!("{} {place}", action.as_str())
}

fn assert_refused(method: &str, uri: &str) {
    let judged = judged(method, uri, None);
    assert!(
        matches!(&*judged, "NotListed" | "Ambiguous"),
        "{method} {uri:?}: {judged}"
    );
}

fn judged(method: &str, uri: &str, body: Option<&str>) -> String {
    short(&judge(method, uri, body.map(str::as_bytes)))
}

#[test]
fn a_place_of_the_caller_gets_the_callers_name() {
    let caller = Name::parse("bob").unwrap();
    let repo = ResourceName::parse("dataset:bob/notes").unwrap();
    assert_eq!(
        Place::Caller.of_caller(&caller),
        Place::Namespace(caller.clone())
    );
    let own = Place::CallersRepo(ResourceType::Dataset, "notes".into());
    assert_eq!(own.of_caller(&caller), Place::Resource(repo.clone()));
    assert_eq!(
        Place::Resource(repo.clone()).of_caller(&caller),
        Place::Resource(repo)
    );
}
