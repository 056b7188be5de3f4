//! Requests made to be taken for another one: all are refused, or need no less than the plain request.

use tokenward_core::hub::{ROWS, is_git};

use crate::{assert_refused, judged};

#[test]
fn what_no_row_lists_is_refused() {
    for uri in [
        "/",
        "/api",
        "/acme",
        "/acme/bert",
        "/datasets/acme/squad",
        "/api/users/bob/overview",
        "/api/whoami",
        "/api/whoami-v2/x",
        "/api/buckets/acme",
        "/api/models/acme/bert/unheard-of",
        "/api/settings/tokens",
        "/api/organizations/acme",
        "/api/organizations/acme/settings/token-policy",
        "/acme/bert/blob/main/x",
        "/acme/bert/resolve/main",
        "/api/models/acme/bert/revision",
        "/api/collections",
        "/oauth/authorize",
    ] {
        assert_refused("GET", uri);
    }
}

#[test]
fn the_method_must_be_the_rows_own() {
    for method in [
        "OPTIONS", "get", "Get", "", "TRACE", "CONNECT", "PROPFIND", "GET ", "GET POST", "PATCH",
        "*",
    ] {
        assert_refused(method, "/api/models/acme/bert");
        assert_refused(method, "/api/whoami-v2");
        assert_refused(method, "/.well-known/openid-configuration");
    }
    assert_refused("GET", "/api/models/acme/bert/paths-info/main");
    assert_refused("GET", "/api/models/acme/bert/commit/main");
    assert_refused("HEAD", "/oauth/token");
    assert_refused("POST", "/api/models/acme/bert");
    assert_refused("PUT", "/api/repos/create");
}

#[test]
fn only_the_origin_form_is_read() {
    for uri in [
        "",
        "api/whoami-v2",
        "http://hub/api/whoami-v2",
        "//hub/api/whoami-v2",
        "hub:80",
        "*",
        "?a=b",
        " /api/whoami-v2",
        "/api/whoami-v2 ",
        "\t/api/whoami-v2",
        "\\api\\whoami-v2",
        "/api/whoami-v2#x",
        "/api/whoami-v2?x#y",
    ] {
        assert_refused("GET", uri);
    }
}

#[test]
fn dot_and_empty_segments_are_refused() {
    for uri in [
        "/api/models/acme/bert/",
        "/api//models/acme/bert",
        "/api/models//acme/bert",
        "/api/./models/acme/bert",
        "/api/x/../models/acme/bert",
        "/api/models/acme/bert/.",
        "/api/models/acme/bert/..",
        "/acme/bert/resolve/main/../../../other/secret/resolve/main/x",
        "/acme/bert/resolve/main/%2e%2e/x",
        "/acme/bert/resolve/main/.%2E/x",
        "/acme/bert/resolve/%2e%2e/x",
        "/acme/bert/resolve/main/a//b",
        "/acme/bert/resolve/main/a/",
        "/.well-known/../api/models/acme/bert",
        "/.well-known/%2e%2e/api/models/acme/bert",
        "/api/telemetry/..",
        "/api/telemetry/%2e%2e/models",
        "/.well-known/",
        "/api/telemetry/",
    ] {
        assert_refused("GET", uri);
    }
}

#[test]
fn encoded_slashes_backslashes_and_control_characters_are_refused() {
    for bad in [
        "%2f", "%2F", "%5c", "%5C", "\\", "%00", "%0a", "%0D", "%7f", "%c2%85", "%1b",
    ] {
        for uri in [
            format!("/api/models/acme{bad}bert"),
            format!("/api{bad}models/acme/bert"),
            format!("/api/models/acme/bert/revision/refs{bad}pr"),
            format!("/acme/bert/resolve/main/a{bad}b"),
            format!("/acme/bert/resolve/ma{bad}in/b"),
            format!("/.well-known/x{bad}y"),
            format!("/api/telemetry/{bad}"),
        ] {
            assert_refused("GET", &uri);
        }
    }
    assert_refused("GET", "/acme/bert/resolve/main/a\nb");
    assert_refused("GET", "/acme/bert/resolve/main/\u{e9}");
}

/// What the strict reading costs: revisions with a slash, and Python's listing of a folder in a folder.
#[test]
fn revisions_with_a_slash_do_not_pass() {
    assert_refused("GET", "/api/models/acme/bert/revision/refs%2Fpr%2F1");
    assert_refused("GET", "/acme/bert/resolve/refs%2Fpr%2F1/config.json");
    assert_refused("POST", "/api/models/acme/bert/commit/refs%2Fpr%2F1");
    assert_refused("GET", "/api/models/acme/bert/tree/main/onnx%2Ffp16");
}

#[test]
fn percent_encoding_is_undone_once_and_strictly() {
    assert_eq!(
        judged("GET", "/%61pi/mod%65ls/%61cme/ber%74", None),
        "repo.content.read model:acme/bert"
    );
    for uri in [
        "/%2561pi/models/acme/bert",
        "/api/models/acme/ber%2574",
        "/acme/bert/resolve/main/%252e%252e/x",
        "/acme/bert/resolve/main/%252f",
        "/acme/bert/resolve/main/%25%32%65",
        "/acme/bert/resolve/main/%",
        "/acme/bert/resolve/main/%2",
        "/acme/bert/resolve/main/%zz",
        "/acme/bert/resolve/main/%+2",
        "/acme/bert/resolve/main/%u002e",
        "/acme/bert/resolve/main/%c0%ae%c0%ae/x",
        "/acme/bert/resolve/main/%e0%80%af",
        "/acme/bert/resolve/main/%ff",
        "/acme/bert/resolve/main/%ed%a0%80",
    ] {
        assert_refused("GET", uri);
    }
}

#[test]
fn path_parameters_are_refused() {
    for uri in [
        "/api/models;x/acme/bert",
        "/api/models/acme;x/bert",
        "/api/models/acme/bert;x=1",
        "/acme/bert/resolve/main/..;/..;/x",
        "/api;/whoami-v2",
        "/.well-known/..;/api/models/acme/bert",
        "/.well-known/x;y",
    ] {
        assert_refused("GET", uri);
    }
}

#[test]
fn fixed_words_are_read_with_regard_to_case() {
    for uri in [
        "/API/models",
        "/api/Models",
        "/api/MODELS/acme/bert",
        "/Api/whoami-v2",
        "/.WELL-KNOWN/x",
        "/acme/bert/Resolve/main/x",
        "/Datasets/acme/squad/resolve/main/x",
        "/DATASETS/acme/resolve/main/x",
        "/api/organizations/acme/Overview",
    ] {
        assert_refused("GET", uri);
    }
}

#[test]
fn a_prefix_is_never_a_namespace() {
    for uri in [
        "/datasets/squad/resolve/main/x",
        "/spaces/demo/resolve/main/x",
        "/api/models/resolve/main/x",
        "/models/bert/resolve/main/x",
        "/models/acme/bert/resolve/main/x",
        "/buckets/files/resolve/main/x",
        "/oauth/x/raw/main/y",
        "/datasets/datasets/resolve/main/x",
    ] {
        assert_refused("GET", uri);
    }
    assert_refused("POST", "/datasets/squad/git-receive-pack");
    assert_refused("POST", "/api/models.git/git-upload-pack");
    assert_eq!(
        judged("GET", "/datasets/acme/resolve/resolve/resolve/x", None),
        "repo.content.read dataset:acme/resolve"
    );
    assert_eq!(
        judged("GET", "/api/models/datasets/squad", None),
        "repo.content.read model:datasets/squad"
    );
}

#[test]
fn an_id_without_a_namespace_names_nothing() {
    for uri in [
        "/api/models/gpt2",
        "/api/models/gpt2/revision/main",
        "/gpt2/resolve/main/config.json",
        "/gpt2.git/info/refs?service=git-upload-pack",
        "/api/models/gpt2/tree/main",
    ] {
        assert_refused("GET", uri);
    }
}

/// `/api/models/x/jwt?write=1` is a model called `x/jwt`, or a token to write to an old model `x`.
#[test]
fn a_url_that_an_old_id_would_make_stronger_is_refused() {
    assert_refused("GET", "/api/models/acme/jwt?write=1");
    assert_refused("GET", "/api/datasets/acme/xet-write-token/refs");
    assert_refused("GET", "/api/models/acme/user-access-request/refs");
    assert_refused("POST", "/api/models/acme/branch/duplicate");
    // Both readings read; a space never had such an id.
    assert_eq!(
        judged("GET", "/api/models/acme/refs", None),
        "repo.content.read model:acme/refs"
    );
    assert_eq!(
        judged("GET", "/api/datasets/acme/discussions", None),
        "repo.content.read dataset:acme/discussions"
    );
    assert_eq!(
        judged("GET", "/api/spaces/acme/secrets", None),
        "repo.content.read space:acme/secrets"
    );
    assert_eq!(
        judged("POST", "/datasets/acme/raw/git-receive-pack", None),
        "repo.write dataset:acme/raw"
    );
}

#[test]
fn bad_names_are_refused() {
    let long = "a".repeat(43);
    for name in [
        "a",
        "-acme",
        "acme-",
        "ac--me",
        "12345",
        "65f0c0ffee0000000000000a",
        "ac_me",
        "ac.me",
        "ac%20me",
        "acm%C3%A9",
        "@acme",
        "~acme",
        &long,
    ] {
        assert_refused("GET", &format!("/api/models/{name}/bert"));
        assert_refused("GET", &format!("/{name}/bert/resolve/main/x"));
        assert_refused("GET", &format!("/api/organizations/{name}/members"));
        assert_refused("GET", &format!("/api/organizations/{name}/overview"));
        assert_refused("GET", &format!("/api/collections?owner={name}"));
    }
    let long = "a".repeat(97);
    for name in [
        "bert.git", "bert.GIT", ".bert", "bert.", "-bert", "be..rt", "be--rt", "be%20rt", "be@rt",
        &long,
    ] {
        assert_refused("GET", &format!("/api/models/acme/{name}"));
        assert_refused("GET", &format!("/acme/{name}/resolve/main/x"));
    }
    assert_refused("GET", "/api/models/acme/bert/discussions/7x");
    assert_refused("PUT", "/api/organizations/acme/members/b_b/role");
}

#[test]
fn only_one_git_suffix_in_small_letters_is_taken_off() {
    for name in [
        "bert.git.git",
        "bert.GIT",
        "bert.Git",
        ".git",
        "bert.git.GIT",
    ] {
        assert_refused("POST", &format!("/acme/{name}/git-receive-pack"));
        assert_refused(
            "GET",
            &format!("/acme/{name}/info/refs?service=git-upload-pack"),
        );
    }
}

#[test]
fn git_is_known_by_the_end_of_its_rows() {
    for row in ROWS {
        let of_git = row.pattern.contains(".git/") && !row.pattern.contains("/info/lfs/");
        assert_eq!(is_git(&format!("{}?x=/y", row.pattern)), of_git, "{row:?}");
    }
    assert!(is_git("/unheard-of/git-upload-pack"));
    assert!(!is_git("/acme/bert?x=/info/refs"));
}
