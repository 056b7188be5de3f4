//! How `/authz` answers: the statuses, texts and headers that gateways, git and clients go by.

use serde_json::json;

use crate::authz::{READ, WRITE, World, ask, is, original, outcome, world};
use crate::server::{Call, Server, UNKNOWN};

const BASIC: &str = "Basic realm=\"Tokenward\"";
const BEARER: &str = "Bearer realm=\"Authentication required\", charset=\"UTF-8\"";

pub(crate) async fn git_is_asked_for_a_password(server: Server) {
    use base64::Engine as _;
    let World { server, read, .. } = world(server).await;
    let clone = original(("GET", "/acme/bert.git/info/refs?service=git-upload-pack"));
    let push = original(("GET", "/acme/bert.git/info/refs?service=git-receive-pack"));
    let answer = ask(&server, clone.clone()).await;
    assert_eq!(answer.status, 401);
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, [BASIC, BEARER]);
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("bob:{}", read.value));
    let basic = format!("Basic {pair}");
    let found = outcome(&server, clone.header("authorization", &basic)).await;
    assert_eq!(found, is(200, "granted"));
    let refused = ask(&server, push.header("authorization", &basic)).await;
    assert_eq!(refused.status, 403);
    assert!(refused.headers.get("www-authenticate").is_none());
}

pub(crate) async fn a_401_is_worded_for_clients(server: Server) {
    let World { server, .. } = world(server).await;
    let plain = "Invalid username or password.";
    let generic = "Invalid credentials in Authorization header";
    let missing = ask(&server, original(READ)).await;
    assert_eq!(missing.header("x-error-message"), Some(plain));
    assert_eq!(missing.json(), json!({ "error": plain }));
    assert_eq!(missing.header("x-error-code"), None);

    let invalid = ask(&server, original(READ).bearer(UNKNOWN)).await;
    assert_eq!(invalid.header("x-error-message"), Some(generic));
    assert_eq!(invalid.json(), json!({ "error": generic }));
    assert_eq!(invalid.header("x-hf-warning"), None);

    let old = json!({ "displayName": "old", "role": "write", "expiresAt": "2020-01-01T00:00:00Z" });
    let old = server.token("bob", old).await;
    let organization = format!("api_org_{}", "a".repeat(34));
    let texts = [
        (old.value.as_str(), "Your token has expired."),
        (
            &organization,
            "You must use your personal account token, not an organization token.",
        ),
    ];
    for (token, text) in texts {
        // Also where no token at all would do: a stale one must be noticed.
        for request in [
            READ,
            ("GET", "/api/models/acme/open"),
            ("GET", "/api/models"),
        ] {
            let answer = ask(&server, original(request).bearer(token)).await;
            assert_eq!(answer.status, 401, "{request:?}");
            assert_eq!(answer.header("x-error-message"), Some(generic));
            assert_eq!(answer.json(), json!({ "error": text }));
            assert_eq!(
                answer.header("x-hf-warning"),
                Some(format!("token; {text}").as_str())
            );
        }
    }

    let gated = ask(&server, original(("GET", "/api/models/acme/gate"))).await;
    assert_eq!(
        (gated.status, gated.header("x-error-code")),
        (401, Some("GatedRepo"))
    );
}

pub(crate) async fn a_404_can_be_sent_as_403(server: Server) {
    let World { server, write, .. } = world(server).await;
    let hidden = ("GET", "/api/models/globex/x");
    let plain = ask(&server, original(hidden).bearer(&write.value)).await;
    assert_eq!(
        (plain.status, plain.header("x-tokenward-status")),
        (404, None)
    );
    assert_eq!(plain.header("x-error-code"), Some("RepoNotFound"));
    let nginx = |request: (&str, &str)| Call {
        path: "/authz?not_found=403".to_owned(),
        ..original(request)
    };
    let softened = ask(&server, nginx(hidden).bearer(&write.value)).await;
    assert_eq!(
        (softened.status, softened.header("x-tokenward-status")),
        (403, Some("404"))
    );
    assert_eq!(softened.header("x-tokenward-reason"), Some("not_found"));
    assert_eq!(
        softened.header("x-error-message"),
        Some("Repository not found")
    );
    assert_eq!(softened.header("x-error-code"), Some("RepoNotFound"));
    let others = [
        (nginx(hidden), 401),
        (nginx(READ).bearer(&write.value), 200),
        (nginx(("GET", "/api/unheard-of")), 403),
    ];
    for (call, status) in others {
        let answer = ask(&server, call).await;
        assert_eq!(
            (answer.status, answer.header("x-tokenward-status")),
            (status, None)
        );
    }
}

pub(crate) async fn names_are_always_sent(server: Server) {
    let World {
        server,
        write,
        read,
    } = world(server).await;
    let someone = [(original(READ), &write, 200), (original(WRITE), &read, 403)];
    for (call, token, status) in someone {
        let answer = ask(&server, call.bearer(&token.value)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-tokenward-user"), Some("bob"));
        assert_eq!(
            answer.header("x-tokenward-token-id"),
            Some(token.id.as_str())
        );
    }
    let open = ("GET", "/api/models/acme/open");
    let nobody = [
        (original(open), 200),
        (original(READ), 401),
        (original(READ).bearer(UNKNOWN), 401),
        (
            original(("GET", "/api/unheard-of")).bearer(&write.value),
            403,
        ),
        (Call::get("/authz"), 403),
        (
            original(READ)
                .header("x-tokenward-user", "root")
                .header("x-tokenward-token-id", "1"),
            401,
        ),
    ];
    for (call, status) in nobody {
        let answer = ask(&server, call).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-tokenward-user"), Some(""));
        assert_eq!(answer.header("x-tokenward-token-id"), Some(""));
    }
}

pub(crate) async fn an_expiring_token_is_warned_of(server: Server) {
    let World { server, .. } = world(server).await;
    let now = tokenward_server::clock::now();
    let token = |days: i64| {
        let at = now.plus_days(days).to_string();
        json!({ "displayName": format!("{days} days"), "role": "read", "expiresAt": at })
    };
    let soon = server.token("bob", token(10)).await;
    let later = server.token("bob", token(20)).await;
    let warned = ask(&server, original(READ).bearer(&soon.value)).await;
    let text = format!("token; Your token expires at {}.", now.plus_days(10));
    assert_eq!(
        (warned.status, warned.header("x-hf-warning")),
        (200, Some(text.as_str()))
    );
    let denied = ask(&server, original(WRITE).bearer(&soon.value)).await;
    assert_eq!((denied.status, denied.header("x-hf-warning")), (403, None));
    let fine = ask(&server, original(READ).bearer(&later.value)).await;
    assert_eq!((fine.status, fine.header("x-hf-warning")), (200, None));
}
