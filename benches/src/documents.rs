//! The document of one large organization.

use tokenward_core::{DocumentToken, FORMAT, Member, OrgDocument, ResourceGroup, Row, Standing};

use crate::{Size, rows};

/// An organization with this many tokens as a document.
///
/// # Panics
/// When the generator's rows make no organization: then it is broken.
#[must_use]
pub fn document(tokens: u32) -> OrgDocument {
    let size = Size::one_org(tokens);
    let mut document = empty(size);
    rows::before_tokens(size).for_each(|row| put(&mut document, row));
    document.tokens = (0..size.tokens)
        .map(|number| DocumentToken::new(rows::token(size, number), standing(size, number)))
        .collect();
    document
}

fn empty(size: Size) -> OrgDocument {
    let organization = rows::before_tokens(size).find_map(|row| match row {
        Row::Organization { organization, .. } => Some(organization),
        _ => None,
    });
    OrgDocument {
        format: FORMAT.to_owned(),
        organization: organization.expect("a world has an organization"),
        generation: 1,
        members: Vec::new(),
        service_accounts: Vec::new(),
        resource_groups: Vec::new(),
        resources: Vec::new(),
        tokens: Vec::new(),
    }
}

fn put(document: &mut OrgDocument, row: Row) {
    match row {
        Row::Member {
            user,
            role: Some(role),
            ..
        } => document.members.push(Member { user, role }),
        Row::Group {
            name,
            members: Some(members),
            ..
        } => document
            .resource_groups
            .push(ResourceGroup { name, members }),
        Row::Repository(repository) => document.resources.push(repository),
        _ => {}
    }
}

fn standing(size: Size, number: u32) -> Standing {
    match rows::standing(size, number) {
        Some(Row::Standing { standing, .. }) => standing,
        _ => Standing::default(),
    }
}
