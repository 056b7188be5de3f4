//! The organizations all of whose repositories a token may read: the short way of `World` against
//! asking about every repository, over every combination that matters.

use serde_json::{Value, json};
use tokenward_core::{OrgDocument, Presented, Request, Resource, Timestamp, TokenId, World};

const ID: &str = "65f0c0ffee0000000000000a";

fn document(role: &str, policy: &str, org_grant: Value, own_grant: Value, shape: u32) -> String {
    let grouped = if shape & 1 == 0 {
        Value::Null
    } else {
        json!("lab")
    };
    let visibility = if shape & 2 == 0 { "private" } else { "public" };
    let gated = shape & 4 != 0;
    let inside = if shape & 8 == 0 {
        json!([])
    } else {
        json!([{"user": "bob", "role": "read"}])
    };
    let groups = if shape & 17 == 0 {
        json!([])
    } else {
        json!([{"name": "lab", "members": inside}])
    };
    let scoped: Vec<Value> = [("org", "acme", org_grant), ("model", "acme/bert", own_grant)]
        .into_iter()
        .filter(|(_, _, permissions)| !permissions.is_null())
        .map(|(kind, name, permissions)| {
            json!({"entity": {"type": kind, "name": name}, "permissions": permissions})
        })
        .collect();
    json!({
        "format": "tokenward.org/1",
        "organization": {"name": "acme", "tokenPolicy": policy},
        "members": [{"user": "bob", "role": role}],
        "resourceGroups": groups,
        "resources": [
            {"type": "model", "name": "acme/bert", "visibility": visibility, "gated": gated,
             "resourceGroup": grouped},
            {"type": "dataset", "name": "acme/plain"},
        ],
        "tokens": [{"id": ID, "owner": "bob", "role": "fineGrained",
            "createdAt": "2026-01-01T00:00:00Z", "fineGrained": {"scoped": scoped},
            "authorization": {"status": "approved"}}],
    })
    .to_string()
}

fn world(text: &str) -> World {
    let document = OrgDocument::parse(text).expect("a sound document");
    let mut world = World::default();
    document.rows().iter().for_each(|row| world.apply(row));
    world
}

#[test]
fn every_repository_may_be_read_exactly_where_the_organization_is_named() {
    let now = Timestamp::parse("2026-03-01T00:00:00Z").expect("a time");
    let token = Presented::Id(TokenId::parse(ID).expect("an id"));
    let grants = [
        Value::Null,
        json!([]),
        json!(["repo.content.read"]),
        json!(["repo.write"]),
    ];
    let (mut named, mut all) = (0, 0);
    for role in ["no_access", "read", "contributor", "write", "admin"] {
        for policy in ["default", "require-approval"] {
            for (org, own) in grants
                .iter()
                .flat_map(|org| grants.iter().map(move |own| (org, own)))
            {
                for shape in 0..32 {
                    let text = document(role, policy, org.clone(), own.clone(), shape);
                    let world = world(&text);
                    let reads = |resource: &str| {
                        let resource = Resource::parse(resource).expect("a resource");
                        let action = "repo.content.read";
                        world
                            .decide(&Request {
                                token,
                                action,
                                resource,
                                now,
                            })
                            .is_allowed()
                    };
                    let repositories = [
                        "model:acme/bert",
                        "dataset:acme/plain",
                        "space:acme/unlisted",
                    ];
                    let wanted = repositories.into_iter().all(reads);
                    assert_eq!(
                        world.readable_orgs(token, now) == ["acme"],
                        wanted,
                        "{text}"
                    );
                    named += u32::from(wanted);
                    all += 1;
                }
            }
        }
    }
    assert!(named > 100 && named < all, "both happen");
}
