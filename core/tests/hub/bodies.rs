//! Rows that are judged from the body: what is missing, doubtful or more than a client sends.

use tokenward_core::hub::{BODY_LIMIT, judge, needs_body};

use crate::{judged, short};

const LFS: &str = "/acme/bert.git/info/lfs/objects/batch";

/// Method, URI and a body that is judged.
const ROWS: [(&str, &str, &str); 6] = [
    (
        "POST",
        "/api/repos/create",
        r#"{"name":"bert","organization":"acme"}"#,
    ),
    (
        "DELETE",
        "/api/repos/delete",
        r#"{"name":"bert","organization":"acme"}"#,
    ),
    (
        "POST",
        "/api/repos/move",
        r#"{"fromRepo":"acme/bert","toRepo":"acme/bart","type":"model"}"#,
    ),
    (
        "POST",
        "/api/models/acme/bert/duplicate",
        r#"{"repository":"bob/bert"}"#,
    ),
    (
        "POST",
        "/api/models/acme/bert/lfs-files/duplicate",
        r#"{"target":{"type":"model","name":"bob/bert"}}"#,
    ),
    (
        "POST",
        "/api/collections",
        r#"{"title":"a","namespace":"acme"}"#,
    ),
];

#[test]
fn without_a_body_nothing_is_judged_from_it() {
    for (method, uri, body) in ROWS {
        assert!(judge(method, uri, Some(body.as_bytes())).is_ok(), "{uri}");
        assert_eq!(judged(method, uri, None), "NeedsBody", "{uri}");
        assert_eq!(judged(method, uri, Some("")), "NeedsBody", "{uri}");
    }
}

#[test]
fn a_body_beyond_the_limit_is_not_judged() {
    for (method, uri, body) in ROWS {
        let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
        assert!(
            judge(method, uri, Some(padded(BODY_LIMIT).as_bytes())).is_ok(),
            "{uri}"
        );
        assert_eq!(
            judged(method, uri, Some(&padded(BODY_LIMIT + 1))),
            "NeedsBody",
            "{uri}"
        );
    }
}

#[test]
fn a_body_that_clients_do_not_send_is_refused() {
    for (method, uri, body) in ROWS {
        let doubled = format!("{body}{body}");
        let listed = format!("[{body}]");
        for bad in [
            "null",
            "{}",
            "[]",
            "\"acme\"",
            "1",
            "{",
            "name=bert&organization=acme",
            &doubled,
            &listed,
        ] {
            assert_eq!(judged(method, uri, Some(bad)), "BadBody", "{uri} {bad}");
        }
        assert_eq!(
            short(&judge(method, uri, Some(b"{\"name\":\"\xff\"}"))),
            "BadBody",
            "{uri}"
        );
    }
}

#[test]
fn a_repeated_key_is_refused_in_any_case_and_at_any_depth() {
    for (method, uri, body) in ROWS {
        let fields = body.trim_start_matches('{').trim_end_matches('}');
        let key = fields.split('"').nth(1).unwrap();
        let capital = key[..1].to_uppercase() + &key[1..];
        let escaped = format!("\\u{:04x}{}", key.as_bytes()[0], &key[1..]);
        let more = |extra: &str| body.replacen('{', &format!("{{{extra},"), 1);
        for twin in [key, &capital, &escaped] {
            let bad = more(&format!("\"{twin}\":\"x\""));
            assert_eq!(judged(method, uri, Some(&bad)), "BadBody", "{uri} {bad}");
        }
        let bad = more(r#""files":[{"a":1,"a":2}]"#);
        assert_eq!(judged(method, uri, Some(&bad)), "BadBody", "{uri} {bad}");
        assert!(
            judge(
                method,
                uri,
                Some(more(r#""other":{"a":1.5,"b":[true,null,-1]}"#).as_bytes())
            )
            .is_ok(),
            "{uri}"
        );
    }
}

#[test]
fn a_key_in_other_letters_is_refused_rather_than_overlooked() {
    let create = |body: &str| judged("POST", "/api/repos/create", Some(body));
    assert_eq!(create(r#"{"name":"bert"}"#), "repo.create me/");
    assert_eq!(
        create(r#"{"name":"bert","Organization":"acme"}"#),
        "BadBody"
    );
    assert_eq!(
        create(r#"{"name":"bert","organi\u017fation":"acme"}"#),
        "BadBody"
    );
    assert_eq!(
        judged(
            "DELETE",
            "/api/repos/delete",
            Some(r#"{"name":"bert","Type":"dataset"}"#)
        ),
        "BadBody"
    );
}

#[test]
fn names_and_types_in_a_body_must_be_what_they_stand_for() {
    for name in [
        r#""acme/bert""#,
        r#""""#,
        r#"".""#,
        r#""..""#,
        r#""bert.git""#,
        "null",
        "1",
        r#"["bert"]"#,
        r#""be\u0000rt""#,
    ] {
        let body = format!(r#"{{"name":{name},"organization":"acme"}}"#);
        assert_eq!(
            judged("POST", "/api/repos/create", Some(&body)),
            "BadBody",
            "{body}"
        );
        assert_eq!(
            judged("DELETE", "/api/repos/delete", Some(&body)),
            "BadBody",
            "{body}"
        );
    }
    for owner in [
        r#""""#,
        r#""acme/x""#,
        r#""acme ""#,
        r#""../acme""#,
        "7",
        "false",
        "{}",
        r#"["acme"]"#,
    ] {
        let body = format!(r#"{{"name":"bert","organization":{owner}}}"#);
        assert_eq!(
            judged("POST", "/api/repos/create", Some(&body)),
            "BadBody",
            "{body}"
        );
    }
    for kind in [
        r#""models""#,
        r#""Model""#,
        r#""org""#,
        r#""user""#,
        "null",
        "1",
    ] {
        let body = format!(r#"{{"name":"bert","organization":"acme","type":{kind}}}"#);
        assert_eq!(
            judged("POST", "/api/repos/create", Some(&body)),
            "BadBody",
            "{body}"
        );
        let body = format!(r#"{{"fromRepo":"acme/a","toRepo":"acme/b","type":{kind}}}"#);
        assert_eq!(
            judged("POST", "/api/repos/move", Some(&body)),
            "BadBody",
            "{body}"
        );
    }
    for repo in [
        "bert",
        "acme/bert/x",
        "acme//bert",
        "/acme/bert",
        "datasets/acme/bert",
        "acme/..",
        "https://hub/acme/bert",
    ] {
        let body = format!(r#"{{"fromRepo":"{repo}","toRepo":"acme/b","type":"model"}}"#);
        assert_eq!(
            judged("POST", "/api/repos/move", Some(&body)),
            "BadBody",
            "{body}"
        );
        let body = format!(r#"{{"fromRepo":"acme/b","toRepo":"{repo}","type":"model"}}"#);
        assert_eq!(
            judged("POST", "/api/repos/move", Some(&body)),
            "BadBody",
            "{body}"
        );
        let body = format!(r#"{{"repository":"{repo}"}}"#);
        assert_eq!(
            judged("POST", "/api/models/acme/bert/duplicate", Some(&body)),
            "BadBody",
            "{body}"
        );
    }
}

#[test]
fn an_lfs_batch_whose_direction_is_unseen_counts_as_a_write() {
    assert_eq!(judged("POST", LFS, None), "repo.write model:acme/bert");
    assert_eq!(judged("POST", LFS, Some("")), "repo.write model:acme/bert");
    let long = format!(r#"{{"operation":"download"}}{}"#, " ".repeat(BODY_LIMIT));
    assert_eq!(
        judged("POST", LFS, Some(&long)),
        "repo.write model:acme/bert"
    );
}

#[test]
fn an_lfs_batch_has_one_of_two_directions() {
    for body in [
        r#"{"operation":"verify"}"#,
        r#"{"operation":"Download"}"#,
        r#"{"operation":null}"#,
        "{}",
        r#"{"operation":"download","operation":"upload"}"#,
        r#"{"operation":["download"]}"#,
    ] {
        assert_eq!(judged("POST", LFS, Some(body)), "BadBody", "{body}");
    }
}

#[test]
fn a_row_that_is_judged_from_the_body_takes_no_query() {
    for (method, uri, body) in ROWS {
        assert_eq!(
            judged(method, &format!("{uri}?organization=globex"), Some(body)),
            "Ambiguous"
        );
        assert!(judge(method, &format!("{uri}?"), Some(body.as_bytes())).is_ok());
    }
    assert_eq!(
        judged("POST", &format!("{LFS}?operation=download"), None),
        "Ambiguous"
    );
}

#[test]
fn a_gateway_is_told_which_bodies_it_has_to_read() {
    let batch = "/acme/bert.git/info/lfs/objects/batch";
    for (method, uri) in [
        ("POST", "/api/repos/create"),
        ("POST", batch),
        ("POST", "/acme/bert/info/lfs/objects/batch?x=1"),
    ] {
        assert!(needs_body(method, uri), "{method} {uri}");
    }
    for (method, uri) in [
        ("GET", batch),
        ("POST", "/api/models/acme/bert/commit/main"),
        ("POST", "/no/such/row/at/all"),
        ("POST", "nonsense"),
    ] {
        assert!(!needs_body(method, uri), "{method} {uri}");
    }
}
