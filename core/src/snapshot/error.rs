//! Why a snapshot is refused: distinct, stable codes.

use core::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $text:literal,)*) => {
        /// Why a snapshot, a manifest or a block is refused. The codes are an interface: never
        /// renamed, only added to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum SnapshotError {
            $(#[doc = concat!("`", $code, "`: ", $text, ".")] $variant,)*
        }

        impl SnapshotError {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }

        impl fmt::Display for SnapshotError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)* })
            }
        }
    };
}

errors! {
    Malformed = "malformed" "it is not of the format, or not complete",
    TooLarge = "too_large" "it is larger than the format allows",
    UnknownKey = "unknown_key" "it is signed with a key that is not trusted",
    BadSignature = "bad_signature" "its signature is wrong",
    WrongOrg = "wrong_org" "it is another organization's",
    Rollback = "rollback" "it is older than the one that is held",
    Conflict = "conflict" "it contradicts the one that is held, which is as old",
    Expired = "expired" "it has expired",
    NotYetValid = "not_yet_valid" "it was issued in the future",
    WrongBlock = "wrong_block" "a block is none of those that are missing",
    MissingBlock = "missing_block" "a block is missing",
    LastsTooLong = "lasts_too_long" "it lasts longer than any may",
}

impl core::error::Error for SnapshotError {}
