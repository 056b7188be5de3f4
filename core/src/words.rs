//! The closed lists of words on the wire, for programs in other languages.
//!
//! Types there (`Literal` in Python, unions in TypeScript) are written from these lists and checked
//! against them. Words that are decided elsewhere are only listed here.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::action::Action;
use crate::decide::Check;
use crate::findings::FindingKind;
use crate::organization::Visibility;
use crate::permission::Permission;
use crate::policy::{Plan, TokenPolicy};
use crate::reason::{Reason, Who};
use crate::resource::ResourceType;
use crate::role::Role;
use crate::token::{Badge, TokenKind};

/// Every list by its name, each in the order of its table.
///
/// ```
/// let words = tokenward_core::words();
/// let (_, policies) = words.iter().find(|(name, _)| *name == "TokenPolicy").unwrap();
/// assert_eq!(policies, &["default", "fine-grained-only", "require-approval"]);
/// ```
#[must_use]
pub fn words() -> Vec<(&'static str, Vec<String>)> {
    [
        (
            "Action",
            spelt(Action::ALL.iter().map(|action| action.as_str())),
        ),
        ("Badge", spelt(Badge::ALL)),
        ("Check", spelt(Check::ALL)),
        ("Finding", spelt(FindingKind::ALL)),
        (
            "Permission",
            spelt(Permission::ALL.iter().map(|permission| permission.as_str())),
        ),
        ("Plan", spelt(Plan::ALL)),
        ("Reason", spelt(Reason::ALL)),
        ("ResourceType", spelt(ResourceType::ALL)),
        ("Role", spelt(Role::ALL)),
        ("TokenKind", spelt(TokenKind::ALL)),
        ("TokenPolicy", spelt(TokenPolicy::ALL)),
        ("Visibility", spelt(Visibility::ALL)),
        ("Who", spelt(Who::ALL)),
    ]
    .into()
}

/// Words as they are written on the wire.
fn spelt(words: impl IntoIterator<Item = impl Serialize>) -> Vec<String> {
    let written = words.into_iter().map(|word| serde_json::to_value(word));
    let texts = written.map(|value| value.ok()?.as_str().map(String::from));
    texts.collect::<Option<Vec<_>>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_list_is_empty_and_no_word_stands_twice() {
        for (name, words) in super::words() {
            let mut sorted = words.clone();
            sorted.sort();
            sorted.dedup();
            assert!(
                !words.is_empty() && sorted.len() == words.len(),
                "{name}: {words:?}"
            );
        }
    }
}
