//! Parameters of the query that change what a request needs, spelt to be overlooked or to be read twice.

use crate::{assert_refused, judged};

#[test]
fn git_names_one_of_its_two_services() {
    for query in [
        "",
        "?service=",
        "?service=git-upload-archive",
        "?service=GIT-upload-pack",
        "?service",
        "?x=git-upload-pack",
    ] {
        assert_refused("GET", &format!("/acme/bert.git/info/refs{query}"));
    }
}

#[test]
fn a_repeated_or_misspelt_parameter_is_refused() {
    for name in ["create_pr", "service", "operation", "write"] {
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let capital = name.to_uppercase();
        for query in [
            format!("{name}=1&{name}=1"),
            format!("{name}=1&x=2&{name}"),
            format!("{name}=1&{encoded}=0"),
            format!("{encoded}=1&{name}=1"),
            format!("{capital}=1"),
            format!("{name}[]=1"),
            format!("{name}%5B%5D=1"),
            format!("{name}%5b0%5d=1"),
            format!("%20{name}=1"),
            format!("+{name}=1"),
            format!("x=1;{name}=1"),
            format!("{}=1", encoded.replace('%', "%25")),
            format!("{name}%00=1"),
            format!("{name}.=1"),
            format!("{name}%3d1"),
            format!("a%26{name}=1"),
            format!("[{name}]=1"),
        ] {
            assert_refused("GET", &format!("/api/models/acme/bert/jwt?{query}"));
            assert_refused(
                "GET",
                &format!("/api/models/acme/bert/xet-write-token/main?{query}"),
            );
            assert_refused(
                "POST",
                &format!("/api/models/acme/bert/commit/main?{query}"),
            );
            assert_refused(
                "GET",
                &format!("/acme/bert.git/info/refs?service=git-upload-pack&{query}"),
            );
            assert_refused("GET", &format!("/api/whoami-v2?{query}"));
        }
    }
}

#[test]
fn an_owner_is_not_hidden_by_its_spelling() {
    for query in [
        "owner=acme&Owner=bob",
        "owner=acme&owner[]=bob",
        "owner=acme&owner%5B%5D=bob",
        "owner[0]=bob",
        "OWNER=bob",
        "owner=acme&owner=",
        "owner",
    ] {
        assert_refused("GET", &format!("/api/collections?{query}"));
    }
}

#[test]
fn a_parameter_weakens_by_its_exact_value_only() {
    let write = "repo.write model:acme/bert";
    let discuss = "discussion.write model:acme/bert + repo.content.read model:acme/bert";
    let commit = |query: &str| {
        judged(
            "POST",
            &format!("/api/models/acme/bert/commit/main{query}"),
            None,
        )
    };
    for query in [
        "?create_pr=1",
        "?create_pr=true",
        "?create%5fpr=%31",
        "?a=b&create_pr=1&",
    ] {
        assert_eq!(commit(query), discuss, "{query}");
    }
    for query in [
        "",
        "?",
        "?create_pr=0",
        "?create_pr=false",
        "?create_pr",
        "?create_pr=",
        "?create_pr=TRUE",
        "?create_pr=yes",
        "?create_pr=2",
        "?create_pr=1%20",
        "?create_pr=+1",
        "?create_pr=%2531",
        "?create_pr=1%00",
        "?createpr_=1",
        "?a=create_pr=1",
    ] {
        let needs = commit(query);
        assert!(needs == write || needs == "Ambiguous", "{query}: {needs}");
    }
    let jwt = |query: &str| judged("GET", &format!("/api/models/acme/bert/jwt{query}"), None);
    for query in [
        "?write=1",
        "?write=true",
        "?write=false",
        "?write=0",
        "?write",
        "?write=",
        "?%77rite=1",
    ] {
        assert_eq!(jwt(query), write, "{query}");
    }
    for query in ["", "?", "?x=write", "?&&"] {
        assert_eq!(jwt(query), "repo.content.read model:acme/bert", "{query}");
    }
}

#[test]
fn a_query_that_cannot_be_decoded_is_refused() {
    for query in ["%", "a=%zz", "a=%ff", "%ff=1", "a=\u{e9}"] {
        assert_refused("GET", &format!("/api/models?{query}"));
    }
}
