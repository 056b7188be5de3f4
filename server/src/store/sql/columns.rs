//! The columns of a row, as the driver gives them.

use sqlx::{Decode, Row as _, Type};

use super::{Db, DbRow};
use crate::store::StoreError;
use crate::store::fields::Fields;

/// The columns of a row that have not been read yet.
pub(super) struct Columns<'r> {
    row: &'r DbRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r DbRow) -> Self {
        Self { row, next: 0 }
    }

    fn read<T: Decode<'r, Db> + Type<Db>>(&mut self) -> Result<T, StoreError> {
        let at = self.next;
        self.next += 1;
        Ok(self.row.try_get(at)?)
    }
}

impl<'r> Fields<'r> for Columns<'r> {
    fn maybe_text(&mut self) -> Result<Option<&'r str>, StoreError> {
        self.read()
    }

    fn maybe_number(&mut self) -> Result<Option<i64>, StoreError> {
        self.read()
    }

    fn flag(&mut self) -> Result<bool, StoreError> {
        self.read()
    }
}
