//! A row as one text: how a large world is read quickly.
//!
//! A number is its digits and a colon. A text is the number of its bytes, a colon, and the bytes.
//! What is missing is a colon alone. So no text needs escaping, whatever it holds.

use super::StoreError;
use super::fields::Fields;

/// The fields of a row that have not been read yet.
pub(super) struct Packed<'r>(&'r str);

impl<'r> Packed<'r> {
    pub(super) fn of(row: &'r str) -> Self {
        Self(row)
    }
}

impl<'r> Fields<'r> for Packed<'r> {
    fn maybe_text(&mut self) -> Result<Option<&'r str>, StoreError> {
        let Some(length) = self.maybe_number()? else {
            return Ok(None);
        };
        let length = usize::try_from(length).map_err(|_| StoreError::corrupt("length"))?;
        let parts = self.0.split_at_checked(length);
        let (text, rest) = parts.ok_or_else(|| StoreError::corrupt("length"))?;
        self.0 = rest;
        Ok(Some(text))
    }

    fn maybe_number(&mut self) -> Result<Option<i64>, StoreError> {
        let parts = self.0.split_once(':');
        let (digits, rest) = parts.ok_or_else(|| StoreError::corrupt("number"))?;
        self.0 = rest;
        if digits.is_empty() {
            return Ok(None);
        }
        digits
            .parse()
            .map(Some)
            .map_err(|_| StoreError::corrupt("number"))
    }

    fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.number()? == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Packed};

    #[test]
    fn texts_numbers_and_what_is_missing_are_told_apart() {
        let mut fields = Packed::of("5:a:3:b0:::-7:1:3:é!");
        assert_eq!(fields.text().ok(), Some("a:3:b"));
        assert_eq!(fields.text().ok(), Some(""));
        assert_eq!(fields.maybe_text().ok(), Some(None));
        assert_eq!(fields.maybe_number().ok(), Some(None));
        assert_eq!(fields.number().ok(), Some(-7));
        assert_eq!(fields.flag().ok(), Some(true));
        assert_eq!(fields.text().ok(), Some("é!"));
        assert!(fields.maybe_text().is_err(), "there is nothing left");
    }

    #[test]
    fn a_text_that_is_cut_short_is_noticed() {
        for row in ["5:abc", "1:é", "-1:a", "x:a", "1"] {
            assert!(Packed::of(row).maybe_text().is_err(), "{row}");
        }
    }
}
