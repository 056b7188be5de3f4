//! Who may call what: every endpoint of the table, called by everybody who matters.
//!
//! `matrix.txt` is what the server answers, to be read by people and refreshed with UPDATE=1. What
//! it should answer is said here once more, by access class, from the contract: a cell that is
//! wrong fails even when the file agrees with it.

use std::fmt::Write as _;

use tokenward_server::endpoints::{Access, Endpoint, endpoints};

use crate::fixture::{Caller, Template, method};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_endpoint_answers_every_caller_as_the_contract_says() {
    let template = Template::new().await;
    let (mut server, mut folder) = template.server().await;
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for endpoint in endpoints() {
        let mut row = Vec::new();
        for caller in Caller::ALL {
            let answer = server.send(template.fixture.call(&endpoint, *caller)).await;
            let wanted = wanted(&endpoint, *caller);
            if answer.status != wanted {
                let (method, path, name) = (method(&endpoint), endpoint.path, caller.name());
                let (found, text) = (answer.status, answer.text());
                wrong.push(format!(
                    "{method} {path} by {name}: {found}, not {wanted}: {text}"
                ));
            }
            row.push(answer.status);
            if answer.status < 300 && method(&endpoint) != "GET" {
                // Every cell starts from the same world.
                server.stop().await;
                (server, folder) = template.server().await;
            }
        }
        rows.push((endpoint, row));
    }
    drop((server, folder));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    compare(&render(&rows));
}

fn compare(text: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/matrix.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, text).expect("matrix.txt can be written");
    }
    let found = std::fs::read_to_string(path).expect("matrix.txt");
    assert!(
        found == text,
        "tests/api/matrix.txt is stale: run the tests with UPDATE=1\n{text}"
    );
}

fn render(rows: &[(Endpoint, Vec<u16>)]) -> String {
    let mut text = String::from(
        "# The status of the answer to each caller, for every endpoint.\n\
         # Written by tests/api/matrix.rs: UPDATE=1 rewrites it.\n#\n",
    );
    for caller in Caller::ALL {
        let _ = writeln!(text, "# {:<10} {}", caller.name(), caller.what());
    }
    let wide = rows
        .iter()
        .map(|(endpoint, _)| endpoint.path.len())
        .max()
        .unwrap_or_default();
    let _ = write!(text, "\n{:<6} {:<wide$}", "method", "path");
    for caller in Caller::ALL {
        let _ = write!(text, "  {}", caller.name());
    }
    text.push('\n');
    for (endpoint, row) in rows {
        let name = endpoint
            .method
            .as_ref()
            .map_or("any", |method| method.as_str());
        let _ = write!(text, "{name:<6} {:<wide$}", endpoint.path);
        for (caller, status) in Caller::ALL.iter().zip(row) {
            let width = caller.name().len();
            let _ = write!(text, "  {status:>width$}");
        }
        text.push('\n');
    }
    text
}

/// What the contract says.
fn wanted(endpoint: &Endpoint, caller: Caller) -> u16 {
    match endpoint.access {
        Access::Public => public(endpoint, caller),
        _ if !authenticates(caller) => 401,
        Access::Token if matches!(caller, Caller::Hub | Caller::Edge) => 403,
        Access::Token => endpoint.success,
        Access::Own => own(endpoint, caller),
        Access::Site if caller == Caller::Site => endpoint.success,
        Access::Site => 403,
        Access::SiteOr(_) if caller == Caller::Site => endpoint.success,
        // Contract §10: a hub may list repositories of any organization, and nothing else.
        Access::SiteOr(_) if caller == Caller::Hub && endpoint.path.contains("/resources/") => {
            endpoint.success
        }
        Access::OrgOrEdge(_) if caller == Caller::Edge => endpoint.success,
        Access::SiteOr(action) | Access::Org(action) | Access::OrgOrEdge(action) => {
            on_the_organization(endpoint, action, caller)
        }
    }
}

/// Checks 1 to 3 of contract §5, and users that are suspended. A hub is somebody, if only to hubs.
fn authenticates(caller: Caller) -> bool {
    match caller {
        Caller::Nobody | Caller::Bad | Caller::Expired | Caller::Suspended => false,
        Caller::Member
        | Caller::Admin
        | Caller::OtherAdmin
        | Caller::Owner
        | Caller::Site
        | Caller::Hub
        | Caller::Edge
        | Caller::Pending
        | Caller::Denied
        | Caller::Revoked
        | Caller::Unscoped => true,
    }
}

/// An action on the organization, judged like any other (contract §4, §5, §7).
fn on_the_organization(endpoint: &Endpoint, action: &str, caller: Caller) -> u16 {
    match caller {
        Caller::Nobody | Caller::Bad | Caller::Expired | Caller::Suspended => 401,
        Caller::Admin => endpoint.success,
        // The least role of these actions is `read`; of all others here it is `admin`.
        Caller::Member if action == "org.members.read" => endpoint.success,
        Caller::Member => 403,
        // Also the site administrator: no member, no right.
        Caller::OtherAdmin | Caller::Owner | Caller::Site => 404,
        Caller::Hub
        | Caller::Edge
        | Caller::Pending
        | Caller::Denied
        | Caller::Revoked
        | Caller::Unscoped => 403,
    }
}

/// One's own tokens: the table of contract §2.
fn own(endpoint: &Endpoint, caller: Caller) -> u16 {
    let making = matches!(method(endpoint), "POST" | "PATCH")
        && !endpoint.path.ends_with("/rotate")
        && !endpoint.path.ends_with("/explain");
    let listing = method(endpoint) == "GET" && !endpoint.path.contains("{id}");
    match caller {
        Caller::Nobody | Caller::Bad | Caller::Expired | Caller::Suspended => 401,
        Caller::Hub | Caller::Edge => 403,
        // They ask about somebody else's token.
        Caller::OtherAdmin | Caller::Site if endpoint.path.contains("{id}") => 404,
        Caller::OtherAdmin | Caller::Site => endpoint.success,
        // A write token rotates itself only, and here it asks about another one.
        Caller::Owner if endpoint.path.ends_with("/rotate") => 403,
        Caller::Owner => endpoint.success,
        // Its owner belongs to an organization that wants fine-grained tokens.
        Caller::Unscoped if making => 403,
        Caller::Unscoped => endpoint.success,
        // Fine-grained tokens, blocked or not, look at, rotate and delete themselves.
        Caller::Member | Caller::Admin | Caller::Pending | Caller::Denied | Caller::Revoked => {
            if making && !listing {
                403
            } else {
                endpoint.success
            }
        }
    }
}

/// Endpoints without a condition: most do not look at the token; two judge it.
fn public(endpoint: &Endpoint, caller: Caller) -> u16 {
    match (endpoint.path, caller) {
        // No token is fine, a bad one is not; a hub's is none.
        ("/api/authz/filter", Caller::Nobody) => endpoint.success,
        ("/api/authz/filter", Caller::Hub | Caller::Edge) => 401,
        ("/api/authz/filter", _) if !authenticates(caller) => 401,
        // The gateway asks for the reading of a private repository.
        ("/authz", Caller::Hub | Caller::Edge) => 401,
        ("/authz", Caller::Member) => 200,
        ("/authz", _) if !authenticates(caller) => 401,
        ("/authz", _) => on_the_organization(endpoint, "repo.content.read", caller),
        _ => endpoint.success,
    }
}
