//! What is written from the table of endpoints: the OpenAPI document, `docs/api.md`, and the paths that
//! gateways pass on to this server.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use tokenward_server::endpoints::{Endpoint, endpoints};
use tokenward_server::openapi;

/// Every object in a value.
fn objects<'a>(value: &'a Value, each: &mut impl FnMut(&'a serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            each(fields);
            fields.values().for_each(|value| objects(value, each));
        }
        Value::Array(items) => items.iter().for_each(|value| objects(value, each)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi::document();
    let mut count = 0;
    objects(&document, &mut |fields| {
        if let Some(target) = fields.get("$ref") {
            let pointer = target
                .as_str()
                .and_then(|text| text.strip_prefix('#'))
                .expect("local");
            assert!(document.pointer(pointer).is_some(), "{target}");
            count += 1;
        }
        assert!(!fields.contains_key("$defs"), "{fields:?}");
        assert!(
            !fields.get("default").is_some_and(Value::is_null),
            "{fields:?}"
        );
    });
    assert!(count > endpoints().len(), "{count}");
}

#[test]
fn every_endpoint_is_an_operation_with_an_id_of_its_own() {
    let document = openapi::document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut listed = HashSet::new();
    for endpoint in endpoints() {
        let methods = endpoint
            .method
            .as_ref()
            .map_or("get", |method| method.as_str());
        let operation = &document["paths"][endpoint.path][methods.to_ascii_lowercase()];
        let id = operation["operationId"].as_str().expect(endpoint.path);
        assert!(listed.insert(id.to_owned()), "{id} stands there twice");
        assert_eq!(operation["summary"], endpoint.summary);
        assert!(operation["x-tokenward-access"].is_string());
        assert_eq!(
            operation["requestBody"].is_object(),
            endpoint.body.is_some(),
            "{id}"
        );
        assert!(
            operation["responses"][endpoint.success.to_string()].is_object(),
            "{id}"
        );
        assert_eq!(
            operation["responses"]["default"]["$ref"],
            "#/components/responses/Error"
        );
    }
    let mut ids = HashSet::new();
    let mut operations = 0;
    objects(&document["paths"], &mut |fields| {
        if let Some(id) = fields.get("operationId") {
            ids.insert(id);
            operations += 1;
        }
    });
    assert_eq!(ids.len(), operations);
    // `/authz` takes every method: five of them are listed.
    assert_eq!(operations, endpoints().len() + 4);
}

#[test]
fn every_parameter_of_a_path_is_declared() {
    let document = openapi::document();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let named: HashSet<&str> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        for operation in item.as_object().expect("operations").values() {
            let parameters = operation["parameters"].as_array().expect("parameters");
            let in_path = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path");
            let declared: HashSet<&str> = in_path
                .map(|parameter| parameter["name"].as_str().expect("a name"))
                .collect();
            assert_eq!(declared, named, "{path}");
        }
    }
}

#[test]
fn schemas_of_the_same_name_are_the_same() {
    let mut seen: BTreeMap<String, Value> = BTreeMap::new();
    for endpoint in endpoints() {
        let Some(schema) = endpoint.body else {
            continue;
        };
        let schema = schema().to_value();
        let title = schema["title"].as_str().expect("a title").to_owned();
        let mut all = vec![(title, schema.clone())];
        if let Some(definitions) = schema["$defs"].as_object() {
            all.extend(
                definitions
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        for (name, value) in all {
            let first = seen.entry(name.clone()).or_insert_with(|| value.clone());
            assert_eq!(*first, value, "{name}");
        }
    }
}

#[test]
fn closed_lists_of_words_are_in_the_schemas() {
    let schemas = &openapi::document()["components"]["schemas"];
    let words = tokenward_core::words();
    for (name, more) in [
        ("Plan", None),
        ("Role", None),
        ("TokenKind", None),
        ("TokenPolicy", Some("no-approval")),
        ("Visibility", None),
    ] {
        let (_, list) = words
            .iter()
            .find(|(list, _)| *list == name)
            .expect("a list");
        let list: Vec<&str> = list.iter().map(String::as_str).chain(more).collect();
        assert_eq!(schemas[name]["enum"], json!(list), "{name}");
    }
    let new_token = &schemas["NewToken"];
    assert_eq!(
        new_token["properties"]["role"]["$ref"],
        "#/components/schemas/TokenKind"
    );
    let explain = &schemas["Explain"]["oneOf"];
    assert_eq!(explain[0]["required"], json!(["action", "resource"]));
}

#[test]
fn the_list_in_the_documentation_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    let wanted = list();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &wanted).expect("docs/api.md can be written");
    }
    let found = std::fs::read_to_string(path).expect("docs/api.md");
    assert!(
        found == wanted,
        "docs/api.md is stale: run the tests with UPDATE=1"
    );
}

fn list() -> String {
    let mut text = String::from(
        "# The HTTP API\n\n\
         <!-- Written by a test from the table in server/src/endpoints.rs: UPDATE=1 rewrites it. -->\n\n\
         Every endpoint, who may call it, and the status of its answer when all goes well.\n\
         *Who* in `code` is an action on the organization, judged like any other.\n\
         The bodies are described at `/openapi.json` of a running server.\n\n\
         | Method | Path | Who | Status | What it does |\n|---|---|---|---|---|\n",
    );
    for endpoint in endpoints() {
        let method = endpoint
            .method
            .as_ref()
            .map_or("any", |method| method.as_str());
        let query = match endpoint.query {
            [] => String::new(),
            names => format!("?{}", names.join("&")),
        };
        let (path, access) = (endpoint.path, openapi::access(endpoint.access));
        let (status, summary) = (endpoint.success, endpoint.summary);
        let _ = writeln!(
            text,
            "| {method} | `{path}{query}` | {access} | {status} | {summary} |"
        );
    }
    text
}

#[test]
fn gateways_pass_on_what_the_table_says() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../bindings-wasm/js/edge/own.ts"
    );
    let wanted = own_paths();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &wanted).expect("own.ts can be written");
    }
    let found = std::fs::read_to_string(path).expect("own.ts");
    assert!(
        found == wanted,
        "bindings-wasm/js/edge/own.ts is stale: run the tests with UPDATE=1"
    );
}

fn own_paths() -> String {
    let paths: BTreeSet<_> = endpoints()
        .into_iter()
        .filter(Endpoint::is_called_at_the_hub)
        .map(|endpoint| endpoint.path)
        .collect();
    let lines: String = paths
        .iter()
        .map(|path| format!("  \"{path}\",\n"))
        .collect();
    format!(
        "\
// The token server's own calls that clients make at the hub's address.
//
// Written by a test from the server's table of endpoints: UPDATE=1 rewrites it.

export const OWN_PATHS: readonly string[] = [
{lines}];
"
    )
}
