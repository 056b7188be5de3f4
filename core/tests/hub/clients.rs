//! What real clients send: huggingface_hub, `@huggingface/hub`, git and git-lfs. Every row of the table is met by one of these.

use tokenward_core::hub::{ROWS, row};

use crate::judged;

/// A request, and what it has to need, in the short form of [`crate::short`].
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) uri: &'static str,
    pub(crate) body: Option<&'static str>,
    pub(crate) needs: &'static str,
}

const fn sent(method: &'static str, uri: &'static str, needs: &'static str) -> Sent {
    Sent {
        method,
        uri,
        body: None,
        needs,
    }
}

const fn with(
    method: &'static str,
    uri: &'static str,
    body: &'static str,
    needs: &'static str,
) -> Sent {
    Sent {
        method,
        uri,
        body: Some(body),
        needs,
    }
}

const READ: &str = "repo.content.read model:acme/bert";
const WRITE: &str = "repo.write model:acme/bert";
const DISCUSS: &str = "discussion.write model:acme/bert + repo.content.read model:acme/bert";
const SPACE: &str = "repo.write space:acme/demo";
const TOKENS_READ: &str = "org.tokens.read acme/";
const TOKENS_WRITE: &str = "org.tokens.write acme/";

#[rustfmt::skip]
pub(crate) const SENT: &[Sent] = &[
    sent("GET", "/api/whoami-v2", "any"),
    sent("GET", "/api/agent-harnesses", "public"),
    sent("HEAD", "/api/telemetry/huggingface_hub/cli", "public"),
    sent("POST", "/oauth/device", "public"),
    sent("POST", "/oauth/token", "public"),
    sent("POST", "/oauth/register", "public"),
    sent("GET", "/.well-known/openid-configuration", "public"),
    sent("GET", "/oauth/userinfo", "any"),
    sent("POST", "/oauth/userinfo", "any"),
    with("POST", "/api/validate-yaml", r#"{"content": "---", "repoType": "model"}"#, "public"),
    with("POST", "/api/credentials/revoke", r#"{"credentials": ["hf_x"]}"#, "public"),

    sent("GET", "/api/models?author=acme&search=bert&limit=5&expand%5B%5D=likes", "listing"),
    sent("GET", "/api/models", "listing"),
    sent("GET", "/api/datasets?limit=500&full=true", "listing"),
    sent("GET", "/api/spaces?filter=gradio", "listing"),
    sent("GET", "/api/kernels", "listing"),

    sent("GET", "/api/models/acme/bert", READ),
    sent("GET", "/api/models/acme/bert?expand[]=likes", READ),
    sent("GET", "/api/datasets/acme/squad", "repo.content.read dataset:acme/squad"),
    sent("GET", "/api/spaces/acme/demo?blobs=true", "repo.content.read space:acme/demo"),
    sent("GET", "/api/kernels/acme/flash-attn", "repo.content.read kernel:acme/flash-attn"),
    sent("GET", "/api/models/acme/bert/revision/HEAD?expand=pipeline_tag&expand=private", READ),
    sent("GET", "/api/models/acme/bert/revision/v1.0", READ),
    sent("GET", "/api/datasets/acme/squad/revision/main", "repo.content.read dataset:acme/squad"),
    sent("GET", "/api/models/acme/bert/auth-check", READ),
    sent("GET", "/api/models/acme/bert/auth-check/write", WRITE),
    sent("GET", "/api/models/acme/bert/tree/main?recursive=true&expand=false", READ),
    sent("GET", "/api/models/acme/bert/tree/main/onnx?recursive=False", READ),
    sent("GET", "/api/models/acme/bert/tree/main/onnx/fp16", READ),
    sent("GET", "/api/models/acme/bert/treesize/main", READ),
    sent("GET", "/api/models/acme/bert/treesize/main/onnx", READ),
    sent("GET", "/api/models/acme/bert/refs?include_prs=1", READ),
    sent("GET", "/api/models/acme/bert/scan", READ),
    sent("GET", "/api/models/acme/bert/commits/main?expand%5B%5D=formatted", READ),
    sent("HEAD", "/api/models/acme/bert/commits/main?limit=1", READ),
    sent("GET", "/api/models/acme/bert/compare/main..dev", READ),
    with("POST", "/api/models/acme/bert/paths-info/main", r#"{"paths": ["a"], "expand": true}"#, READ),
    sent("HEAD", "/acme/bert/resolve/main/config.json", READ),
    sent("GET", "/acme/bert/resolve/main/onnx/model%20%281%29.onnx?download=true", READ),
    sent("GET", "/acme/bert/resolve/5f5a1b2/100%25.txt", READ),
    sent("GET", "/datasets/acme/squad/resolve/main/train.csv", "repo.content.read dataset:acme/squad"),
    sent("GET", "/spaces/acme/demo/resolve/main/app.py", "repo.content.read space:acme/demo"),
    sent("GET", "/kernels/acme/flash-attn/resolve/main/build.toml", "repo.content.read kernel:acme/flash-attn"),
    sent("GET", "/acme/bert/raw/main/README.md", READ),
    sent("GET", "/api/resolve-cache/models/acme/bert/5f5a1b2/config.json", READ),
    sent("GET", "/api/models/acme/bert/xet-read-token/main", READ),
    sent("GET", "/api/models/acme/bert/xet-write-token/main", WRITE),
    sent("GET", "/api/models/acme/bert/xet-write-token/None?create_pr=1", DISCUSS),
    sent("GET", "/api/models/acme/bert/jwt", READ),
    sent("GET", "/api/models/acme/bert/jwt?write=true", WRITE),
    sent("GET", "/api/models/acme/bert/jwt?write", WRITE),

    with("POST", "/api/repos/create", r#"{"name": "bert", "organization": "acme", "visibility": "private", "type": "model"}"#, "repo.create acme/"),
    with("POST", "/api/repos/create", r#"{"name": "bert", "organization": null}"#, "repo.create me/"),
    with("POST", "/api/repos/create", r#"{"name":"demo","organization":"acme","license":"mit","type":"space","sdk":"static","files":[{"encoding":"base64","path":"a","content":"YQ=="}]}"#, "repo.create acme/"),
    with("DELETE", "/api/repos/delete", r#"{"name": "bert", "organization": "acme"}"#, "repo.admin model:acme/bert"),
    with("DELETE", "/api/repos/delete", r#"{"name": "squad", "organization": "acme", "type": "dataset"}"#, "repo.admin dataset:acme/squad"),
    with("DELETE", "/api/repos/delete", r#"{"name": "squad", "organization": null, "type": "dataset"}"#, "repo.admin dataset:me/squad"),
    with("POST", "/api/repos/move", r#"{"fromRepo": "acme/bert", "toRepo": "globex/bert", "type": "model"}"#, "repo.admin model:acme/bert + repo.create globex/"),
    with("POST", "/api/repos/move", r#"{"fromRepo": "acme/files", "toRepo": "acme/old-files", "type": "bucket"}"#, "repo.admin bucket:acme/files + repo.create acme/"),
    with("PUT", "/api/models/acme/bert/settings", r#"{"visibility": "private"}"#, "repo.admin model:acme/bert"),
    with("POST", "/api/spaces/acme/demo/duplicate", r#"{"repository": "bob/demo", "hardware": "t4-medium"}"#, "repo.content.read space:acme/demo + repo.create bob/"),

    sent("POST", "/api/models/acme/bert/preupload/main", WRITE),
    sent("POST", "/api/models/acme/bert/preupload/main?create_pr=1", DISCUSS),
    sent("POST", "/api/models/acme/bert/commit/main", WRITE),
    sent("POST", "/api/models/acme/bert/commit/main?create_pr=1", DISCUSS),
    with("POST", "/acme/bert.git/info/lfs/objects/batch", r#"{"operation": "upload", "transfers": ["basic"], "objects": [], "hash_algo": "sha256", "ref": {"name": "main"}}"#, WRITE),
    with("POST", "/acme/bert.git/info/lfs/objects/batch", r#"{"operation":"download","objects":[{"oid":"a","size":1}]}"#, READ),
    sent("POST", "/acme/bert/info/lfs/objects/batch", WRITE),
    with("POST", "/datasets/acme/squad.git/info/lfs/objects/batch", r#"{"operation":"download"}"#, "repo.content.read dataset:acme/squad"),
    sent("POST", "/acme/bert.git/info/lfs/objects/verify", WRITE),
    with("POST", "/api/models/acme/bert/branch/dev", r#"{"startingPoint": "main"}"#, WRITE),
    sent("DELETE", "/api/models/acme/bert/branch/dev", WRITE),
    with("POST", "/api/models/acme/bert/tag/main", r#"{"tag": "v1"}"#, WRITE),
    sent("DELETE", "/api/models/acme/bert/tag/v1", WRITE),
    sent("POST", "/api/models/acme/bert/super-squash/main", WRITE),
    sent("GET", "/api/models/acme/bert/lfs-files", READ),
    sent("POST", "/api/models/acme/bert/lfs-files/batch", WRITE),
    sent("DELETE", "/api/models/acme/bert/lfs-files/0123abcd", WRITE),
    with("POST", "/api/models/acme/bert/lfs-files/duplicate", r#"{"target": {"type": "dataset", "name": "globex/data"}, "files": [{"xetHash": "a", "sha256": "b", "filename": "c"}]}"#, "repo.content.read model:acme/bert + repo.write dataset:globex/data"),

    sent("GET", "/api/models/acme/bert/discussions?type=pull_request&status=open", READ),
    sent("GET", "/api/models/acme/bert/discussions/7", READ),
    sent("POST", "/api/models/acme/bert/discussions", DISCUSS),
    sent("POST", "/api/models/acme/bert/discussions/7/comment", DISCUSS),
    sent("POST", "/api/models/acme/bert/discussions/7/comment/deadbeef/edit", DISCUSS),
    sent("POST", "/api/models/acme/bert/discussions/7/comment/deadbeef/hide", DISCUSS),
    sent("POST", "/api/models/acme/bert/discussions/7/title", DISCUSS),
    sent("POST", "/api/models/acme/bert/discussions/7/status", DISCUSS),
    sent("POST", "/api/models/acme/bert/discussions/7/merge", WRITE),
    sent("POST", "/api/models/acme/bert/discussions/7/pin", WRITE),
    sent("DELETE", "/api/models/acme/bert/discussions/7", WRITE),
    sent("DELETE", "/api/models/acme/bert/discussions/7/ref", WRITE),

    sent("GET", "/api/spaces/acme/demo/secrets", SPACE),
    sent("POST", "/api/spaces/acme/demo/secrets", SPACE),
    sent("DELETE", "/api/spaces/acme/demo/secrets", SPACE),
    sent("GET", "/api/spaces/acme/demo/variables", SPACE),
    sent("POST", "/api/spaces/acme/demo/variables", SPACE),
    sent("DELETE", "/api/spaces/acme/demo/volumes", SPACE),
    sent("POST", "/api/spaces/acme/demo/hardware", SPACE),
    sent("POST", "/api/spaces/acme/demo/sleeptime", SPACE),
    sent("POST", "/api/spaces/acme/demo/restart?factory=true", SPACE),
    sent("POST", "/api/spaces/acme/demo/pause", SPACE),
    sent("GET", "/api/spaces/acme/demo/logs/run", SPACE),
    sent("GET", "/api/spaces/acme/demo/events", "repo.content.read space:acme/demo"),
    sent("GET", "/api/spaces/acme/demo/metrics", "repo.content.read space:acme/demo"),

    sent("GET", "/api/models/acme/bert/user-access-request/pending", "repo.access.read model:acme/bert"),
    sent("GET", "/api/datasets/acme/squad/user-access-request/accepted", "repo.access.read dataset:acme/squad"),
    sent("POST", "/api/models/acme/bert/user-access-request/handle", WRITE),
    sent("POST", "/api/models/acme/bert/user-access-request/grant", WRITE),
    sent("POST", "/api/models/acme/bert/user-access-request/batch", WRITE),
    sent("POST", "/api/models/acme/bert/user-access-request/cancel", WRITE),
    sent("POST", "/acme/bert/ask-access", "any"),
    sent("POST", "/datasets/acme/squad/ask-access", "any"),
    sent("GET", "/api/models/acme/bert/resource-group", READ),
    sent("POST", "/api/models/acme/bert/resource-group", "resourceGroup.write acme/"),

    sent("POST", "/api/buckets/acme/files", "repo.create acme/"),
    sent("GET", "/api/buckets/acme/files", "repo.content.read bucket:acme/files"),
    sent("DELETE", "/api/buckets/acme/files", "repo.admin bucket:acme/files"),
    sent("POST", "/api/buckets/acme/files/batch", "repo.write bucket:acme/files"),
    sent("GET", "/api/buckets/acme/files/tree?recursive=true", "repo.content.read bucket:acme/files"),
    sent("GET", "/api/buckets/acme/files/tree/logs", "repo.content.read bucket:acme/files"),
    sent("HEAD", "/buckets/acme/files/resolve/logs.txt", "repo.content.read bucket:acme/files"),

    sent("GET", "/acme/bert.git/info/refs?service=git-upload-pack", READ),
    sent("GET", "/acme/bert/info/refs?service=git-upload-pack", READ),
    sent("POST", "/acme/bert.git/git-upload-pack", READ),
    sent("POST", "/acme/bert/git-upload-pack", READ),
    sent("GET", "/acme/bert.git/info/refs?service=git-receive-pack", WRITE),
    sent("GET", "/acme/bert/info/refs?service=git-receive-pack", WRITE),
    sent("POST", "/acme/bert.git/git-receive-pack", WRITE),
    sent("POST", "/datasets/acme/squad/git-receive-pack", "repo.write dataset:acme/squad"),
    sent("POST", "/spaces/acme/demo.git/git-receive-pack", SPACE),

    sent("GET", "/api/organizations/acme/overview", "public"),
    sent("GET", "/api/organizations/acme/avatar", "public"),
    sent("GET", "/api/organizations/acme/socials", "public"),
    sent("GET", "/api/organizations/acme/members?limit=500", "org.members.read acme/"),
    sent("PUT", "/api/organizations/acme/members/bob/role", "org.members.write acme/"),
    sent("GET", "/api/organizations/acme/scim/v2/Users?startIndex=1", "org.members.write acme/"),
    sent("PATCH", "/api/organizations/acme/scim/v2/Groups/1", "org.members.write acme/"),
    sent("POST", "/api/organizations/acme/scim-provisioning/v2/Users", "org.members.write acme/"),
    sent("GET", "/api/organizations/acme/settings/repositories", "org.repos.read acme/"),
    sent("GET", "/api/organizations/acme/settings/tokens?q=-status:revoked&limit=100", TOKENS_READ),
    sent("POST", "/api/organizations/acme/settings/tokens/preview", TOKENS_READ),
    sent("POST", "/api/organizations/acme/settings/tokens/65f0c0ffee0000000000000a/explain", TOKENS_READ),
    sent("POST", "/api/organizations/acme/settings/tokens/revoke", TOKENS_WRITE),
    sent("POST", "/api/organizations/acme/settings/tokens/65f0c0ffee0000000000000a/revoke", TOKENS_WRITE),
    sent("POST", "/api/organizations/acme/settings/tokens/65f0c0ffee0000000000000a/approve", TOKENS_WRITE),
    sent("GET", "/api/organizations/acme/service-accounts", "org.serviceAccounts.read acme/"),
    sent("GET", "/api/organizations/acme/service-accounts/65f0c0ffee0000000000000a", "org.serviceAccounts.read acme/"),
    sent("POST", "/api/organizations/acme/service-accounts", "org.serviceAccounts.write acme/"),
    sent("POST", "/api/organizations/acme/service-accounts/65f0c0ffee0000000000000a/tokens", "org.serviceAccounts.write acme/"),
    sent("DELETE", "/api/organizations/acme/service-accounts/65f0c0ffee0000000000000a", "org.serviceAccounts.write acme/"),
    sent("GET", "/api/organizations/acme/audit-log/export?q=author:bob", "org.auditLog.write acme/"),
    sent("GET", "/api/organizations/acme/resource-groups", "resourceGroup.write acme/"),
    sent("POST", "/api/organizations/acme/resource-groups/65f0c0ffee0000000000000a/users", "resourceGroup.write acme/"),

    sent("GET", "/api/collections?owner=acme&sort=trending&limit=10", "collection.read acme/"),
    sent("GET", "/api/collections?owner=acme&owner=bob", "collection.read acme/ + collection.read bob/"),
    with("POST", "/api/collections", r#"{"title": "Papers", "namespace": "acme", "private": true}"#, "collection.write acme/"),
    sent("GET", "/api/collections/acme/papers-64f9a55bb3115b4f513ec026", "collection.read acme/"),
    sent("PATCH", "/api/collections/acme/papers-64f9a55bb3115b4f513ec026", "collection.write acme/"),
    sent("DELETE", "/api/collections/acme/papers-64f9a55bb3115b4f513ec026", "collection.write acme/"),
    sent("POST", "/api/collections/acme/papers-64f9a55bb3115b4f513ec026/items", "collection.write acme/"),
    sent("DELETE", "/api/collections/acme/papers-64f9a55bb3115b4f513ec026/items/1", "collection.write acme/"),
    sent("PATCH", "/api/collections/acme/papers-64f9a55bb3115b4f513ec026/items/1", "collection.write acme/"),
    sent("POST", "/api/collections/acme/papers-64f9a55bb3115b4f513ec026/resource-group", "collection.write acme/ + resourceGroup.write acme/"),
    sent("GET", "/api/jobs/acme", "job.write acme/"),
    sent("POST", "/api/jobs/acme", "job.write acme/"),
    sent("GET", "/api/jobs/acme/65f0c0ffee/logs?tail=10", "job.write acme/"),
    sent("POST", "/api/jobs/acme/65f0c0ffee/cancel", "job.write acme/"),
    sent("PUT", "/api/jobs/acme/65f0c0ffee/labels", "job.write acme/"),
    sent("POST", "/api/scheduled-jobs/acme", "job.write acme/"),
    sent("DELETE", "/api/scheduled-jobs/acme/65f0c0ffee", "job.write acme/"),
    // No action of the contract has these permissions.
    sent("GET", "/api/settings/webhooks", "NotListed"),
    sent("POST", "/api/settings/webhooks/65f0c0ffee/enable", "NotListed"),
];

#[test]
fn every_request_of_a_client_needs_what_the_fact_sheet_says() {
    let wrong: Vec<String> = SENT
        .iter()
        .map(|sent| (sent, judged(sent.method, sent.uri, sent.body)))
        .filter(|(sent, judged)| judged != sent.needs)
        .map(|(sent, judged)| format!("{} {}: {judged}, not {}", sent.method, sent.uri, sent.needs))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every row, with each of its methods and each of its alternative words, is met by a client's request.
#[test]
fn no_row_is_untested() {
    let words = |row: &'static str| -> Vec<&'static str> {
        let parts = row
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        parts
            .filter(|part| part.contains('|'))
            .flat_map(|part| part.split('|'))
            .collect()
    };
    for row_here in ROWS {
        let meets =
            |sent: &&Sent| row(sent.method, sent.uri).is_ok_and(|met| std::ptr::eq(met, row_here));
        let meeting: Vec<_> = SENT.iter().filter(meets).collect();
        assert!(
            !meeting.is_empty(),
            "no request for {} {}",
            row_here.methods,
            row_here.pattern
        );
        for word in words(row_here.pattern) {
            let has = |uri: &str| uri.split(['/', '?']).any(|part| part == word);
            assert!(
                meeting.iter().any(|sent| has(sent.uri)),
                "no request with {word} for {}",
                row_here.pattern
            );
        }
    }
}

/// A condition that no longer holds must not open a row that needs less.
#[test]
fn a_row_with_a_condition_stands_before_the_one_without() {
    for (place, row) in ROWS.iter().enumerate() {
        let same = |other: &&tokenward_core::hub::Row| {
            other.pattern == row.pattern && other.methods == row.methods
        };
        let unconditional = ROWS.iter().take(place).filter(same);
        let shadowed = unconditional
            .filter(|other| other.when == tokenward_core::hub::When::Always)
            .count();
        assert_eq!(shadowed, 0, "{} is never reached", row.pattern);
    }
}
