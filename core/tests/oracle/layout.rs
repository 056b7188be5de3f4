//! How a corpus file is laid out, so that people can read it and diffs stay small.
//!
//! One line for each element of the document's lists, three for each case; keys in the order of the contract's example.

use serde_json::{Map, Value};

/// Keys in the order in which a reader wants them; the others follow by name.
const ORDER: &[&str] = &[
    "format",
    "organization",
    "generation",
    "members",
    "serviceAccounts",
    "resourceGroups",
    "resources",
    "tokens",
    "decision",
    "reason",
    "status",
    "message",
    "generation",
    "token",
    "tokenId",
    "action",
    "resource",
    "now",
    "who",
    "do",
    "text",
    "id",
    "type",
    "name",
    "plan",
    "tokenPolicy",
    "user",
    "owner",
    "role",
    "displayName",
    "digest",
    "last4",
    "createdAt",
    "expiresAt",
    "lastUsedAt",
    "issuedBy",
    "canReadGatedRepos",
    "global",
    "scoped",
    "entity",
    "permissions",
    "fineGrained",
    "authorization",
    "revoked",
];

/// The whole file: `document`, then `cases`.
pub(crate) fn write(file: &Value) -> String {
    let document = fields(&file["document"])
        .iter()
        .map(|(key, value)| field(key, value))
        .collect::<Vec<_>>();
    let cases = file["cases"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let cases = cases.iter().map(case).collect::<Vec<_>>();
    format!(
        "{{\n  \"document\": {{\n{}\n  }},\n  \"cases\": [\n{}\n  ]\n}}\n",
        document.join(",\n"),
        cases.join(",\n")
    )
}

fn field(key: &str, value: &Value) -> String {
    match value.as_array().filter(|elements| !elements.is_empty()) {
        None => format!("    \"{key}\": {}", line(value)),
        Some(elements) => {
            let elements: Vec<String> = elements
                .iter()
                .map(|element| format!("      {}", line(element)))
                .collect();
            format!("    \"{key}\": [\n{}\n    ]", elements.join(",\n"))
        }
    }
}

fn case(case: &Value) -> String {
    format!(
        "    {{\"name\": {},\n     \"request\": {},\n     \"decision\": {}}}",
        line(&case["name"]),
        line(&case["request"]),
        line(&case["decision"])
    )
}

fn line(value: &Value) -> String {
    match value {
        Value::Array(elements) => format!(
            "[{}]",
            elements.iter().map(line).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(_) => {
            let fields: Vec<String> = fields(value)
                .iter()
                .map(|(key, value)| format!("\"{key}\": {}", line(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

fn fields(object: &Value) -> Vec<(&String, &Value)> {
    let place = |key: &str| {
        ORDER
            .iter()
            .position(|known| *known == key)
            .unwrap_or(ORDER.len())
    };
    let mut fields: Vec<(&String, &Value)> =
        object.as_object().into_iter().flat_map(Map::iter).collect();
    fields.sort_by_key(|(key, _)| (place(key), *key));
    fields
}
