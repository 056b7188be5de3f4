//! A moment in time, in milliseconds; RFC 3339 on the wire.
//!
//! There is no clock here: time is always passed in.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::ParseError;

/// Milliseconds since 1970-01-01T00:00:00Z, between the years 0 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// One day in milliseconds.
pub const DAY: i64 = 86_400_000;

const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

impl Timestamp {
    /// A moment from milliseconds since 1970, moved into the years 0 to 9999 where it lies outside.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < FIRST {
            Self(FIRST)
        } else if millis > LAST {
            Self(LAST)
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Parses RFC 3339; fractions below a millisecond are cut off.
    ///
    /// # Errors
    /// When the text is not an RFC 3339 date and time with an offset.
    ///
    /// ```
    /// use tokenward_core::Timestamp;
    /// let noon = Timestamp::parse("2026-03-01T12:00:00Z").unwrap();
    /// assert_eq!(noon, Timestamp::parse("2026-03-01T13:00:00+01:00").unwrap());
    /// assert_eq!(noon.to_string(), "2026-03-01T12:00:00Z");
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let error = || ParseError::new("time", "must be RFC 3339, like `2026-03-01T12:00:00Z`");
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| error())?;
        let millis = moment.unix_timestamp_nanos().div_euclid(1_000_000);
        let millis = i64::try_from(millis).map_err(|_| error())?;
        if (FIRST..=LAST).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(error())
        }
    }

    /// This moment, `days` later (earlier when negative).
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self::from_millis(self.0.saturating_add(days.saturating_mul(DAY)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1000);
        let moment = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| fmt::Error)?;
        let (year, month, day) = moment.to_calendar_date();
        let (hour, minute, second) = moment.to_hms();
        let month = u8::from(month);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match self.0.rem_euclid(1000) {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::Timestamp;

    #[test]
    fn a_time_is_written_as_it_was_read() {
        for text in [
            "2026-03-01T12:00:00Z",
            "1969-12-31T23:59:59.001Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn fractions_below_a_millisecond_are_cut_off() {
        let cut = Timestamp::parse("2026-03-01T12:00:00.123999Z").unwrap();
        assert_eq!(cut.to_string(), "2026-03-01T12:00:00.123Z");
    }

    #[test]
    fn a_time_without_an_offset_is_refused() {
        for text in ["2026-03-01T12:00:00", "2026-03-01", "", "now"] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
