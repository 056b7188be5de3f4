//! Other spellings of a request never reach a row that needs less than the plain one.

use proptest::prelude::*;
use tokenward_core::Action;
use tokenward_core::hub::{Demand, Place, judge};

use crate::clients::SENT;

/// One change to the spelling of a URI, at a place given by a number.
fn spelt(uri: &str, how: u8, at: usize) -> String {
    let at = at % (uri.len() + 1);
    let (before, after) = uri.split_at(at);
    let (path, query) = uri
        .split_once('?')
        .map_or((uri, String::new()), |(path, query)| {
            (path, format!("?{query}"))
        });
    let slash = path
        .match_indices('/')
        .map(|(place, _)| place)
        .nth(at % path.matches('/').count().max(1))
        .unwrap_or(0);
    let (head, tail) = path.split_at(slash);
    match (how % 16, after.chars().next()) {
        (0..=2, Some(c)) if c != '%' => format!("{before}%{:02x}{}", u32::from(c), &after[1..]),
        (3, Some(c)) if c != '%' => format!("{before}%25{:02X}{}", u32::from(c), &after[1..]),
        (4 | 5, Some(c)) if c.is_ascii_lowercase() => {
            format!("{before}{}{}", c.to_ascii_uppercase(), &after[1..])
        }
        (4 | 5, Some(c)) => format!("{before}{}{}", c.to_ascii_lowercase(), &after[1..]),
        (6, _) => format!("{head}/{tail}{query}"),
        (7, _) => format!("{head}/.{tail}{query}"),
        (8, _) => format!("{head}/x/..{tail}{query}"),
        (9, _) => format!("{head}/%2e%2e{tail}{query}"),
        (10, _) => format!("{path}/{query}"),
        (11, _) => format!("{head}{}{query}", tail.replacen('/', "%2f", 1)),
        (12, _) => format!("{head};x=1{tail}{query}"),
        (13, _) => format!(
            "{}{uri}",
            [
                "/datasets",
                "/spaces",
                "/kernels",
                "/.well-known/..",
                "/api/telemetry/..",
                "http://hub",
                "//hub"
            ][at % 7]
        ),
        (14, _) => format!(
            "{before}{}{after}",
            ["\\", "%5c", "%00", ";", "#", "%", "+", "\u{2215}"][at % 8]
        ),
        _ => format!("{path}{}{query}", [".git", "%20", ".", "%2e"][at % 4]),
    }
}

/// Whether an action includes another: whoever may write may also read, and discuss.
fn covers(held: Action, needed: Action) -> bool {
    use Action::{DiscussionWrite, OrgTokensRead, OrgTokensWrite, RepoContentRead, RepoWrite};
    let included = [
        (RepoWrite, RepoContentRead),
        (RepoWrite, DiscussionWrite),
        (OrgTokensWrite, OrgTokensRead),
    ];
    held == needed || included.contains(&(held, needed))
}

/// Whether both are the same place, but for letters' case and a repository's type, which name another resource.
fn same_name(one: &Place, other: &Place) -> bool {
    let name = |place: &Place| match place {
        Place::Resource(repo) => repo.borrow().name().to_ascii_lowercase(),
        Place::Namespace(name) => name.key(),
        Place::Caller | Place::CallersRepo(..) => format!("{place:?}"),
    };
    name(one) == name(other)
}

/// Whether `other` lets nobody through whom `plain` would stop, names apart that are other names.
fn no_weaker(plain: &Demand, other: &Demand) -> bool {
    match (plain, other) {
        (Demand::Public, _) => true,
        (Demand::Any | Demand::Listing, _) => other == plain || matches!(other, Demand::Needs(_)),
        (Demand::Needs(needs), Demand::Needs(held)) => needs.iter().all(|(action, place)| {
            held.iter()
                .any(|(other, there)| covers(*other, *action) && same_name(place, there))
        }),
        (Demand::Needs(_), _) => false,
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn no_spelling_needs_less(sent in 0..SENT.len(), changes in proptest::collection::vec((any::<u8>(), any::<usize>()), 1..4)) {
        let sent = &SENT[sent];
        let mut uri = String::from(sent.uri);
        for (how, at) in changes {
            if uri.is_ascii() {
                uri = spelt(&uri, how, at);
            }
        }
        let body = sent.body.map(str::as_bytes);
        if let (Ok(plain), Ok(other)) = (judge(sent.method, sent.uri, body), judge(sent.method, &uri, body)) {
            prop_assert!(no_weaker(&plain, &other), "{} {} as {uri}: {other:?}", sent.method, sent.uri);
        }
    }

    /// The same characters, percent-encoded once or not, are the same request.
    #[test]
    fn encoding_once_changes_nothing(sent in 0..SENT.len(), which in any::<u128>()) {
        let sent = &SENT[sent];
        let (path, query) = sent.uri.split_once('?').unwrap_or((sent.uri, ""));
        let mut encoded = String::new();
        let all = path.bytes().chain(if query.is_empty() { "".bytes() } else { "?".bytes() }).chain(query.bytes());
        let mut in_query = false;
        for (place, byte) in all.enumerate() {
            let structural = byte == b'%' || if in_query { b"&=?".contains(&byte) } else { b"/?".contains(&byte) };
            in_query |= byte == b'?';
            let after_percent = sent.uri[..place].chars().rev().take(2).any(|c| c == '%');
            if structural || after_percent || which >> (place % 128) & 1 == 0 {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02x}"));
            }
        }
        let body = sent.body.map(str::as_bytes);
        prop_assert_eq!(judge(sent.method, &encoded, body), judge(sent.method, sent.uri, body), "{}", encoded);
    }

}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn nothing_panics(method in "\\PC{0,8}", uri in "(/[a-z%./;?&={}0-9\\PC]{0,6}){0,9}", body in any::<Vec<u8>>()) {
        let _ = judge(&method, &uri, Some(&body));
        let _ = judge("POST", &uri, None);
        for sent in SENT.iter().filter(|sent| sent.body.is_some()) {
            let _ = judge(sent.method, sent.uri, Some(&body));
        }
    }
}

#[test]
fn the_spellings_do_reach_rows() {
    // Were every spelling refused, the properties above would say nothing.
    let passing = (0..=255)
        .flat_map(|how| (0..60).map(move |at| spelt("/api/models/acme/bert/jwt?write=1", how, at)));
    assert!(
        passing
            .filter(|uri| judge("GET", uri, None).is_ok())
            .count()
            > 1000
    );
}
