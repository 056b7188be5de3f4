//! JSON Schema of the core's types, for the bodies of calls in `/openapi.json`.
//!
//! Closed lists are the core's own; the rules for names are those of contract §1.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

/// Types that stand for the core's: each with its name and its schema.
macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident = $schema:expr;)*) => {
        $(
            $(#[$doc])*
            pub struct $name;

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    Schema::try_from($schema).expect("an object")
                }
            }
        )*
    };
}

schemas! {
    /// One of the core's words.
    Plan = words("Plan", &[]);
    /// One of the core's words.
    Role = words("Role", &[]);
    /// One of the core's words.
    TokenKind = words("TokenKind", &[]);
    /// One of the core's words, or the older name of one.
    TokenPolicy = words("TokenPolicy", &["no-approval"]);
    /// One of the core's words.
    Visibility = words("Visibility", &[]);
    /// Of a user, an organization or a service account.
    Name = text(2, 42, "^(?![0-9]+$)(?![0-9A-Fa-f]{24}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)*$");
    /// Of a resource group.
    GroupName = text(1, 96, "^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$");
    /// Of an edge.
    EdgeName = text(1, 96, "^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$");
    /// What an owner calls a token.
    DisplayName = json!({ "type": "string", "minLength": 1, "maxLength": 100 });
    /// RFC 3339.
    Timestamp = json!({ "type": "string", "format": "date-time" });
    /// Either of its two spellings.
    ResourceName = json!({ "oneOf": [
        { "type": "string", "pattern": format!("^({}):.", list("ResourceType").join("|")) },
        entity(words("ResourceType", &[])),
    ]});
    /// The grants of a token.
    FineGrained = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "canReadGatedRepos": { "type": "boolean", "default": false },
            "global": known_list("Permission"),
            "scoped": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["entity", "permissions"],
                "properties": { "entity": entity(known("ResourceType")), "permissions": known_list("Permission") },
            }},
        },
    });
    /// A member of a resource group.
    Member = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["user", "role"],
        "properties": { "user": { "type": "string" }, "role": words("Role", &[]) },
    });
}

fn words(name: &str, others: &[&str]) -> Value {
    let mut words = list(name);
    words.extend(others.iter().map(|word| (*word).to_owned()));
    json!({ "type": "string", "enum": words })
}

fn list(name: &str) -> Vec<String> {
    let words = tokenward_core::words();
    let found = words.into_iter().find(|(found, _)| *found == name);
    found.expect("it is one of the core's lists").1
}

fn text(least: u32, most: u32, pattern: &str) -> Value {
    json!({ "type": "string", "minLength": least, "maxLength": most, "pattern": pattern })
}

fn entity(kind: Value) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["type", "name"],
        "properties": { "type": kind, "name": { "type": "string" } },
    })
}

/// Any text; those that are not in the core's list are kept, and grant nothing.
fn known(name: &str) -> Value {
    json!({ "type": "string", "examples": list(name) })
}

fn known_list(name: &str) -> Value {
    json!({ "type": "array", "items": known(name) })
}
