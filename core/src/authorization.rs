//! The token of a request, as its `Authorization` header presents it: the same at the server and at every edge.
//!
//! Contract §7, "Credentials". Something unreadable counts as a token that nobody knows, never as none.

use alloc::string::String;

use crate::base64;
use crate::secret::TokenSecret;

impl TokenSecret {
    /// The token of `Bearer`, or the password of `Basic`; nothing where none is presented.
    ///
    /// ```
    /// use tokenward_core::TokenSecret;
    /// let token = TokenSecret::of_authorization("Basic YWRhOmhmX3g=").unwrap();
    /// assert_eq!(token.reveal(), "hf_x");
    /// ```
    #[must_use]
    pub fn of_authorization(header: &str) -> Option<Self> {
        read(header, password)
    }

    /// The token of `Bearer`, where no password counts.
    #[must_use]
    pub fn of_bearer(header: &str) -> Option<Self> {
        read(header, |_| None)
    }

    /// What stands for a token that cannot be read: a text that can be none.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::of(String::from(" "))
    }
}

/// Reads a header; `basic` reads the pair of `Basic`.
fn read(header: &str, basic: impl Fn(&str) -> Option<String>) -> Option<TokenSecret> {
    if !header
        .bytes()
        .all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
    {
        return Some(TokenSecret::unreadable());
    }
    let text = header.trim_matches(' ');
    if text.is_empty() {
        return None;
    }
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim_matches(' ');
    let token = if scheme.eq_ignore_ascii_case("bearer") {
        Some(String::from(rest))
    } else if scheme.eq_ignore_ascii_case("basic") {
        basic(rest)
    } else {
        None
    };
    match token {
        None => Some(TokenSecret::unreadable()),
        Some(token) => TokenSecret::parse(&token).ok(),
    }
}

/// What stands behind the first colon.
fn password(pair: &str) -> Option<String> {
    let pair = String::from_utf8(base64::STANDARD.decode(pair)?).ok()?;
    let (_, password) = pair.split_once(':')?;
    Some(String::from(password))
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::base64::STANDARD;

    fn of(header: &str) -> Option<String> {
        let token = TokenSecret::of_authorization(header);
        token.map(|token| String::from(token.reveal()))
    }

    fn basic(pair: &[u8]) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn it_is_the_token_of_bearer_or_the_password_of_basic() {
        for header in ["Bearer hf_x", "bearer hf_x", "  BEARER   hf_x  "] {
            assert_eq!(of(header).as_deref(), Some("hf_x"), "{header}");
        }
        for pair in ["ada:hf_x", ":hf_x", "é:hf_x"] {
            assert_eq!(of(&basic(pair.as_bytes())).as_deref(), Some("hf_x"));
        }
        assert_eq!(of(&basic(b"ada:hf:x")).as_deref(), Some("hf:x"));
        // Which are no tokens, but are there.
        assert_eq!(
            of("Bearer hf_x, Bearer hf_y").as_deref(),
            Some("hf_x, Bearer hf_y")
        );
    }

    #[test]
    fn where_there_is_none_it_is_none() {
        for header in [
            "",
            "   ",
            "Bearer",
            "Bearer  ",
            "Basic YWRhOg==",
            "Basic Og==",
        ] {
            assert_eq!(of(header), None, "{header}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_token_that_nobody_knows() {
        let not_utf8 = basic(b"\xff:hf_x");
        for header in [
            "hf_x",
            "Digest x",
            "Bearer\thf_x",
            "Token hf_x",
            "Bearer: hf_x",
            ",",
            ", Bearer hf_x",
            "Bearer h\u{e9}",
            "Bearer hf_x\n",
            "Bearer \u{7f}",
            "Basic",
            "Basic !",
            "Basic YWRh",
            "Basic YWRhOmhmX3g",
            "Basic YWRhOmhmX3g =",
            "Basic YWRhOmhmX3h=",
            "Basic  YWRh OmhmX3g=",
            &not_utf8,
        ] {
            assert_eq!(of(header).as_deref(), Some(" "), "{header}");
        }
    }

    #[test]
    fn where_no_password_counts_it_cannot_be_read() {
        let basic = TokenSecret::of_bearer("Basic YWRhOmhmX3g=").unwrap();
        assert_eq!(basic.reveal(), " ");
        assert_eq!(
            TokenSecret::of_bearer("Bearer hf_x").unwrap().reveal(),
            "hf_x"
        );
        assert!(TokenSecret::of_bearer("Bearer ").is_none());
    }
}
