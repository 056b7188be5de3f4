//! What things are called, and which belongs to which.

use tokenward_core::{GroupName, Name, ResourceType, TokenId, TokenSecret};

use crate::{Size, numbers};

/// The families of repository names, some longer than a short string can hold in place.
const FAMILIES: [&str; 8] = [
    "bert-base",
    "llama-8b-instruct",
    "whisper",
    "gemma-it",
    "multilingual-e5-large-finetuned",
    "tiny",
    "resnet-50",
    "demo",
];

const SECRETS: u64 = 1;
const IDS: u64 = 2;

/// The raw value of a token.
#[must_use]
pub fn secret(token: u32) -> TokenSecret {
    let mut numbers = numbers(SECRETS, token);
    TokenSecret::mint(&std::array::from_fn(|_| numbers.u8(..52)))
}

/// The id of a token.
#[must_use]
pub fn token_id(token: u32) -> TokenId {
    let mut numbers = numbers(IDS, token);
    TokenId::from_bytes(std::array::from_fn(|_| numbers.u8(..)))
}

/// The name of a user.
#[must_use]
pub fn user(user: u32) -> Name {
    name(&format!("user-{user}"))
}

/// The name of an organization.
#[must_use]
pub fn org(org: u32) -> Name {
    name(&format!("org-{org}"))
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a word, a hyphen and a number make a name")
}

/// The owner of a token.
#[must_use]
pub const fn owner_of(size: Size, token: u32) -> u32 {
    token % size.users
}

/// The organization that a user is a member of.
#[must_use]
pub const fn org_of(size: Size, user: u32) -> u32 {
    user % size.orgs
}

/// The nth repository of an organization, beginning again behind its last.
#[must_use]
pub const fn repository_of(size: Size, org: u32, nth: u32) -> u32 {
    let each = size.repositories / size.orgs;
    org + (nth % each) * size.orgs
}

/// The organization of a repository.
#[must_use]
pub const fn org_of_repository(size: Size, repository: u32) -> u32 {
    repository % size.orgs
}

/// The type of a repository: mostly models.
#[must_use]
pub const fn kind(repository: u32) -> ResourceType {
    match repository % 10 {
        0 | 1 => ResourceType::Dataset,
        2 => ResourceType::Space,
        _ => ResourceType::Model,
    }
}

/// The whole name of a repository.
#[must_use]
pub fn repository(size: Size, repository: u32) -> String {
    let family = FAMILIES[repository as usize / 16 % FAMILIES.len()];
    let org = org_of_repository(size, repository);
    format!("org-{org}/{family}-{repository}")
}

/// The resource group of those organizations that have one.
#[must_use]
pub fn group() -> GroupName {
    GroupName::parse("secret-lab").expect("the name of a group")
}
