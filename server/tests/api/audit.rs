//! `GET …/audit-log/export`.

use serde_json::{Value, json};
use tokenward_core::{Actor, Command, Name, TokenPolicy};
use tokenward_server::governance::{self, Order};

use crate::server::{Call, Made, Server};

const EXPORT: &str = "/api/organizations/acme/audit-log/export";

/// `acme` with the administrator `ada`, who has made a change with her token.
async fn acme(server: &Server) -> Made {
    server.user("ada").await;
    server.user("bob").await;
    server.organization("acme", "default").await;
    server.member("acme", "ada", "admin").await;
    server.member("acme", "bob", "read").await;
    let ada = server.unscoped("ada", "write").await;
    put_role(server, &ada, "write").await;
    ada
}

async fn put_role(server: &Server, token: &Made, role: &str) {
    let path = "/api/organizations/acme/members/bob";
    let call = Call::new("PUT", path)
        .bearer(&token.value)
        .json(&json!({ "role": role }));
    let answer = server.send(call).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn export(server: &Server, token: &Made, q: &str) -> Vec<Value> {
    let path = if q.is_empty() {
        EXPORT.to_owned()
    } else {
        format!("{EXPORT}?q={q}")
    };
    let answer = server.send(Call::get(&path).bearer(&token.value)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let file = "attachment; filename=\"acme-audit-log.json\"";
    assert_eq!(answer.header("content-disposition"), Some(file));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json().as_array().expect("a list").clone()
}

fn types(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["type"].as_str().expect("a type"))
        .collect()
}

pub(crate) async fn entries_have_the_hubs_shape(server: Server) {
    let ada = acme(&server).await;
    let entries = export(&server, &ada, "").await;
    let newest = &entries[0];
    assert_eq!(newest["type"], "org.change_role");
    let is_id = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    assert!(is_id(&newest["_id"]), "{newest}");
    assert!(
        newest["createdAt"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z')),
        "{newest}"
    );
    assert!(
        newest["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    assert!(newest["data"].is_object(), "{newest}");
    let author = &newest["author"];
    assert!(
        is_id(&author["_id"]) && author["avatarUrl"].is_string(),
        "{author}"
    );
    assert_eq!(
        (&author["user"], &author["type"]),
        (&json!("ada"), &json!("user"))
    );
    let used = json!({
        "type": "access_token", "id": ada.id, "role": "write",
        "last4": ada.value[33..], "deleted": false,
    });
    assert_eq!(newest["token"], used);
    let numbers: Vec<u64> = entries
        .iter()
        .map(|entry| entry["generation"].as_u64().expect("a number"))
        .collect();
    let wanted: Vec<u64> = (1..=numbers[0]).rev().collect();
    assert_eq!(numbers, wanted, "newest first, without a gap");
    let text = json!(entries).to_string();
    assert!(!text.contains(&ada.value) && !text.contains(&server.site));
}

pub(crate) async fn entries_are_filtered(server: Server) {
    let ada = acme(&server).await;
    let all = export(&server, &ada, "").await;
    let last4 = &ada.value[33..];
    let same = [
        "type:org.change_role".to_owned(),
        "author:ada".to_owned(),
        format!("token:{last4}"),
        format!("author:ada%20type:org.change_role%20token:{last4}"),
        "-author:admin".to_owned(),
    ];
    for q in same {
        let found = export(&server, &ada, &q).await;
        assert_eq!(found, all[..1], "{q}");
    }
    let about = export(&server, &ada, &format!("token:{}", ada.id)).await;
    assert_eq!(types(&about), ["org.change_role", "org.token.create"]);
    let others = export(&server, &ada, "-type:org.change_role").await;
    assert_eq!(others, all[1..]);
    assert_eq!(
        export(&server, &ada, "author:bob").await,
        Vec::<Value>::new()
    );
    for q in [
        "q=ada",
        "q=colour:red",
        "q=type:org.unheard_of",
        "q=token:x",
        "q=a&q=b",
        "x=1",
    ] {
        let answer = server
            .send(Call::get(&format!("{EXPORT}?{q}")).bearer(&ada.value))
            .await;
        assert_eq!(answer.status, 400, "{q}: {}", answer.text());
    }
}

pub(crate) async fn a_deleted_token_is_marked(server: Server) {
    let ada = acme(&server).await;
    let second = server.unscoped("ada", "write").await;
    put_role(&server, &second, "read").await;
    let call = Call::new("DELETE", &format!("/api/settings/tokens/{}", second.id));
    assert_eq!(server.send(call.bearer(&second.value)).await.status, 204);
    let entries = export(&server, &ada, "type:org.change_role").await;
    assert_eq!(entries[0]["token"]["deleted"], true, "{}", entries[0]);
    assert_eq!(entries[1]["token"]["deleted"], false, "{}", entries[1]);

    // A suspended owner's token is refused, and not gone.
    server.user("eve").await;
    server.member("acme", "eve", "admin").await;
    let eve = server.unscoped("eve", "write").await;
    put_role(&server, &ada, "contributor").await;
    server
        .set_up("PATCH", "/api/users/ada", json!({ "suspended": true }))
        .await;
    let entries = export(&server, &eve, "author:ada%20type:org.change_role").await;
    assert_eq!(entries[0]["token"]["id"], json!(ada.id));
    assert_eq!(entries[0]["token"]["deleted"], false, "{}", entries[0]);
}

pub(crate) async fn changes_by_command_line_are_the_systems(server: Server) {
    acme(&server).await;
    let org = Name::parse("acme").expect("a name");
    let command = Command::SetPolicy {
        org,
        policy: TokenPolicy::FineGrainedOnly,
        force: true,
    };
    let order = Order {
        actor: Actor::COMMAND_LINE,
        command,
        if_generation: None,
    };
    let done = governance::run(&server.app, &order, |_| Ok(())).await;
    assert!(done.is_ok_and(|done| done.changed));
    let scoped = server
        .scoped("ada", "org:acme", &["org.auditLog.write"])
        .await;
    let entries = export(&server, &scoped, "type:org.token_policy.update").await;
    assert_eq!(types(&entries), ["org.token_policy.update"]);
    let system = json!({ "_id": null, "user": null, "type": "system" });
    assert_eq!(entries[0]["author"], system);
    assert_eq!(entries[0].get("token"), None);
}

pub(crate) async fn only_the_permission_opens_the_log(server: Server) {
    acme(&server).await;
    server.user("eve").await;
    let member = server.unscoped("bob", "write").await;
    let outsider = server.unscoped("eve", "write").await;
    let allowed = server
        .scoped("ada", "org:acme", &["org.auditLog.write"])
        .await;
    let narrow = server
        .scoped("ada", "org:acme", &["org.tokens.write", "org.write"])
        .await;
    let cases = [
        (None, 401),
        (Some(&member.value), 403),
        (Some(&outsider.value), 404),
        (Some(&server.site), 404),
        (Some(&allowed.value), 200),
        (Some(&narrow.value), 403),
    ];
    for (token, status) in cases {
        let call = Call::get(EXPORT);
        let call = match token {
            Some(token) => call.bearer(token),
            None => call,
        };
        let answer = server.send(call).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}
