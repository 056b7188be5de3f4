//! base64 in the two alphabets that are needed: bytes are written in one way only, and read from nothing else.

use alloc::string::String;
use alloc::vec::Vec;

const COMMON: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Which letters stand for 62 and 63, and whether `=` fills the last group up.
#[derive(Clone, Copy)]
pub(crate) struct Base64 {
    last: [u8; 2],
    padded: bool,
}

/// That of keys: for URLs, without padding.
pub(crate) const URL: Base64 = Base64 {
    last: *b"-_",
    padded: false,
};

/// That of passwords in headers, with padding.
pub(crate) const STANDARD: Base64 = Base64 {
    last: *b"+/",
    padded: true,
};

impl Base64 {
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        let mut text = String::new();
        for group in bytes.chunks(3) {
            let bits = (0..3).fold(0_u32, |bits, at| {
                bits << 8 | u32::from(group.get(at).copied().unwrap_or(0))
            });
            let digits = [18, 12, 6, 0].map(|shift| (bits >> shift) & 63);
            let filled = digits.into_iter().take(group.len().saturating_add(1));
            text.extend(filled.map(|digit| self.letter(digit)));
            if self.padded {
                text.extend((group.len()..3).map(|_| '='));
            }
        }
        text
    }

    pub(crate) fn decode(self, text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for group in text.trim_end_matches('=').as_bytes().chunks(4) {
            let mut bits = 0_u32;
            for at in 0..4 {
                let digit = group
                    .get(at)
                    .map_or(Some(0), |letter| self.digit(*letter))?;
                bits = bits << 6 | digit;
            }
            let [_, whole @ ..] = bits.to_be_bytes();
            bytes.extend(whole.into_iter().take(group.len().saturating_sub(1)));
        }
        // Whatever is left over, or filled up in another way, could be read in two ways.
        (self.encode(&bytes) == text).then_some(bytes)
    }

    fn letter(self, digit: u32) -> char {
        let letters = COMMON.iter().chain(&self.last);
        let letter = letters.copied().nth(digit as usize);
        char::from(letter.unwrap_or_default())
    }

    fn digit(self, letter: u8) -> Option<u32> {
        let mut letters = COMMON.iter().chain(&self.last);
        let place = letters.position(|known| *known == letter)?;
        u32::try_from(place).ok()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use proptest::prelude::*;

    use super::*;

    /// RFC 4648, section 10.
    #[test]
    fn it_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(STANDARD.encode(bytes.as_bytes()), text);
            assert_eq!(STANDARD.decode(text).as_deref(), Some(bytes.as_bytes()));
            assert_eq!(URL.encode(bytes.as_bytes()), text.trim_end_matches('='));
        }
        assert_eq!(STANDARD.encode(b"\xfb\xff"), "+/8=");
        assert_eq!(URL.encode(b"\xfb\xff"), "-_8");
    }

    #[test]
    fn what_is_written_in_another_way_is_not_read() {
        for text in [
            "Zg", "Zg=", "Zg===", "Zh==", "Z", "Z===", "=", "Zm9v=", "Zm 9v", "Zm9v\n", "Z=g=",
            "-_8=", "é",
        ] {
            assert_eq!(STANDARD.decode(text), None, "{text}");
        }
        for text in ["Zg==", "+/8", "Zh"] {
            assert_eq!(URL.decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes: Vec<u8>) {
            for base64 in [STANDARD, URL] {
                prop_assert_eq!(base64.decode(&base64.encode(&bytes)), Some(bytes.clone()));
            }
        }

        #[test]
        fn what_is_read_is_written_so(text in "[A-Za-z0-9+/=_-]{0,12}") {
            for base64 in [STANDARD, URL] {
                if let Some(bytes) = base64.decode(&text) {
                    prop_assert_eq!(base64.encode(&bytes), format!("{text}"));
                }
            }
        }
    }
}
