//! The table of endpoints as an OpenAPI 3.1 document.
//!
//! Nothing is said here that the table does not say: an endpoint that is not in it is not in the
//! document, and one that is in it is.

use std::sync::LazyLock;

use axum::http::Method;
use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::endpoints::{Access, Endpoint, endpoints};

/// Where schemas are kept in the document.
const SCHEMAS: &str = "#/components/schemas/";
/// The methods that stand for "every method" in the document.
const EVERY: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// The document as text, made once.
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    &TEXT
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for endpoint in endpoints() {
        let body = endpoint.body.map(|schema| body(schema(), &mut schemas));
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        for method in methods(&endpoint) {
            path[method.as_str().to_ascii_lowercase()] =
                operation(&endpoint, &method, body.as_ref());
        }
    }
    schemas.insert("Error".to_owned(), error_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tokenward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Governance of access tokens, behind the Hub's own API.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Error": error_response() },
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The token as the password, with any user name.",
                },
            },
        },
    })
}

/// Who may call an endpoint, in words.
#[must_use]
pub fn access(access: Access) -> String {
    match access {
        Access::Public => "anybody".to_owned(),
        Access::Token => "any valid token".to_owned(),
        Access::Own => "the owner of the tokens".to_owned(),
        Access::Org(action) => format!("`{action}`"),
        Access::OrgOrEdge(action) => format!("`{action}` or an edge"),
        Access::Site => "site administrator".to_owned(),
        Access::SiteOr(action) => format!("site administrator or `{action}`"),
    }
}

/// The methods of an endpoint; those of one that takes every method are listed.
fn methods(endpoint: &Endpoint) -> Vec<Method> {
    endpoint
        .method
        .as_ref()
        .map_or_else(|| EVERY.to_vec(), |method| vec![method.clone()])
}

fn operation(endpoint: &Endpoint, method: &Method, body: Option<&Value>) -> Value {
    let mut operation = json!({
        "operationId": operation_id(method, endpoint.path),
        "summary": endpoint.summary,
        "x-tokenward-access": access(endpoint.access),
        "security": security(endpoint, method),
        "parameters": parameters(endpoint),
        "responses": {
            endpoint.success.to_string(): success(endpoint),
            "default": { "$ref": "#/components/responses/Error" },
        },
    });
    if let Some(body) = body {
        operation["requestBody"] = body.clone();
    }
    operation
}

/// `get_api_organizations_org_members`: unique, since method and path are.
fn operation_id(method: &Method, path: &str) -> String {
    let words = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    format!(
        "{}_{}",
        method.as_str().to_ascii_lowercase(),
        words.join("_")
    )
}

/// Bearer everywhere; the password of Basic where it counts (contract §7); nothing where no
/// token is looked at.
fn security(endpoint: &Endpoint, method: &Method) -> Value {
    let about_a_token = endpoint.path.contains("authz");
    match endpoint.access {
        Access::Public if about_a_token => json!([{}, { "bearer": [] }, { "basic": [] }]),
        Access::Public => json!([]),
        _ if method == Method::GET => json!([{ "bearer": [] }, { "basic": [] }]),
        _ => json!([{ "bearer": [] }]),
    }
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let in_path = endpoint
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let in_query = endpoint
        .query
        .iter()
        .map(|name| json!({ "name": name, "in": "query", "schema": query_schema(name) }));
    in_path.chain(in_query).collect()
}

fn query_schema(name: &str) -> Value {
    match name {
        "parts" => json!({ "type": "string", "enum": ["all", "decisions"], "default": "all" }),
        "timeout" => json!({ "type": "integer", "minimum": 0, "maximum": 25, "default": 10 }),
        "limit" => json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 100 }),
        "not_found" => json!({ "type": "string", "enum": ["403"] }),
        _ => json!({ "type": "string" }),
    }
}

fn success(endpoint: &Endpoint) -> Value {
    let description = endpoint.summary;
    match (endpoint.success, endpoint.path) {
        (202 | 204, _) | (_, "/authz") => json!({ "description": description }),
        (_, path) if path.ends_with("/events") => {
            json!({ "description": description, "content": { "text/event-stream": {} } })
        }
        (_, path) if path.contains("/snapshot") && is_binary(path) => {
            json!({ "description": description, "content": { "application/octet-stream": {} } })
        }
        (_, "/.well-known/tokenward-keys") => {
            json!({ "description": description, "content": { "application/jwk-set+json": {} } })
        }
        (_, "/metrics") => json!({ "description": description, "content": { "text/plain": {} } }),
        _ => json!({ "description": description, "content": { "application/json": {} } }),
    }
}

/// Manifests, bundles and blocks are bytes.
fn is_binary(path: &str) -> bool {
    ["/snapshot", "/bundle", "/{hash}"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// A request body, whose schema is put among the others. It may be left out when all its fields may.
fn body(schema: Schema, schemas: &mut Map<String, Value>) -> Value {
    let mut schema = schema.to_value();
    let required = schema["required"]
        .as_array()
        .is_some_and(|fields| !fields.is_empty());
    let name = schema["title"].as_str().unwrap_or("Body").to_owned();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$schema");
        if let Some(Value::Object(definitions)) = fields.remove("$defs") {
            for (name, mut definition) in definitions {
                rewrite(&mut definition);
                schemas.insert(name, definition);
            }
        }
    }
    rewrite(&mut schema);
    schemas.insert(name.clone(), schema);
    let reference = json!({ "$ref": format!("{SCHEMAS}{name}") });
    json!({ "required": required, "content": { "application/json": { "schema": reference } } })
}

/// Points references to where the document keeps schemas, and leaves out defaults of null, which
/// say only that a field may be absent.
fn rewrite(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.get("default").is_some_and(Value::is_null) {
                fields.remove("default");
            }
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(target) if key == "$ref" => {
                        *target = target.replace("#/$defs/", SCHEMAS);
                    }
                    _ => rewrite(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": { "type": "string", "description": "What is wrong, as a sentence." } },
    })
}

fn error_response() -> Value {
    let header =
        |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "description": "The call was not carried out.",
        "headers": {
            "X-Error-Message": header("The same text as in the body, but for some 401; `?` stands for what is not ASCII."),
            "X-Error-Code": header("`RepoNotFound` or `GatedRepo`, where it applies."),
            "X-Tokenward-Reason": header("The reason code of a refusal."),
            "X-Request-Id": header("The number of the call, in the server's log too."),
        },
        "content": {
            "application/json": { "schema": { "$ref": format!("{SCHEMAS}Error") } },
        },
    })
}
