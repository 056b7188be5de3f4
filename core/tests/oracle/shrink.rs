//! Makes a failing document smaller: drops elements and fields for as long as the failure stays.
//!
//! It knows nothing of what a document means; one that the engine refuses is simply no failure.

use serde_json::Value;

/// The smallest document reached from this one, one removal at a time, on which `fails` still holds.
pub(crate) fn smallest(document: &Value, fails: impl Fn(&Value) -> bool) -> Value {
    let mut smallest = document.clone();
    while let Some(smaller) = removals(&smallest)
        .into_iter()
        .find(|candidate| fails(candidate))
    {
        smallest = smaller;
    }
    smallest
}

/// Every value that is this one with one element or field taken out, at any depth.
fn removals(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => (0..elements.len())
            .flat_map(|index| {
                let mut without = elements.clone();
                let element = without.remove(index);
                let inner = removals(&element).into_iter().map(move |smaller| {
                    let mut changed = elements.clone();
                    changed[index] = smaller;
                    Value::Array(changed)
                });
                std::iter::once(Value::Array(without))
                    .chain(inner)
                    .collect::<Vec<_>>()
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| {
                let mut without = fields.clone();
                without.remove(name);
                let inner = removals(field).into_iter().map(move |smaller| {
                    let mut changed = fields.clone();
                    changed.insert(name.clone(), smaller);
                    Value::Object(changed)
                });
                std::iter::once(Value::Object(without))
                    .chain(inner)
                    .collect::<Vec<_>>()
            })
            .collect(),
        _ => Vec::new(),
    }
}
