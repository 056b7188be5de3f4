//! Reads the columns of a row one after the other, and parses them into the core's types.
//!
//! The order of the calls is the order of the columns in the statement.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use sqlx::{Decode, Row as _, Type};
use tokenward_core::{
    Authorization, DisplayName, GroupName, Name, Revocation, Standing, Timestamp, Token,
    TokenDigest, TokenId, User,
};

use super::{Db, DbRow};
use crate::store::StoreError;

/// The columns of a token, in the order in which [`Columns::token`] reads them.
macro_rules! token_columns {
    () => {
        "t.id, t.owner, t.kind, t.display_name, t.digest, t.last4, t.created_at, t.expires_at, \
         t.last_used_at, t.fine_grained, t.issued_by"
    };
}
/// The columns of a standing, in the order in which [`Columns::standing`] reads them.
macro_rules! standing_columns {
    () => {
        "s.status, s.decided_at, s.decided_by, s.reason, s.requested_at, s.revoked_at, \
         s.revoked_by, s.revoked_reason, s.told_at"
    };
}
/// The columns of a user, in the order in which [`Columns::user`] reads them.
macro_rules! user_columns {
    () => {
        "u.id, u.name, u.fullname, u.email, u.email_confirmed, u.suspended, u.site_admin, \
         u.created_at"
    };
}
pub(super) use {standing_columns, token_columns, user_columns};

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

    pub(super) fn text(&mut self) -> Result<&'r str, StoreError> {
        self.read()
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<&'r str>, StoreError> {
        self.read()
    }

    pub(super) fn flag(&mut self) -> Result<bool, StoreError> {
        self.read()
    }

    pub(super) fn count(&mut self) -> Result<u64, StoreError> {
        u64::try_from(self.read::<i64>()?).map_err(|_| StoreError::corrupt("number"))
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.read().map(Timestamp::from_millis)
    }

    fn maybe_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read::<Option<i64>>()?.map(Timestamp::from_millis))
    }

    /// A value that is kept as the word that it is on the wire.
    pub(super) fn word<T: Deserialize<'r>>(&mut self) -> Result<T, StoreError> {
        word(self.text()?)
    }

    pub(super) fn maybe_word<T: Deserialize<'r>>(&mut self) -> Result<Option<T>, StoreError> {
        self.maybe_text()?.map(word).transpose()
    }

    /// A value that is kept as JSON.
    pub(super) fn json<T: Deserialize<'r>>(&mut self) -> Result<T, StoreError> {
        json(self.text()?)
    }

    pub(super) fn name(&mut self) -> Result<Name, StoreError> {
        name(self.text()?)
    }

    pub(super) fn maybe_name(&mut self) -> Result<Option<Name>, StoreError> {
        self.maybe_text()?.map(name).transpose()
    }

    pub(super) fn group_name(&mut self) -> Result<GroupName, StoreError> {
        GroupName::parse(self.text()?).map_err(|_| StoreError::corrupt("group name"))
    }

    pub(super) fn token_id(&mut self) -> Result<TokenId, StoreError> {
        TokenId::parse(self.text()?).map_err(|_| StoreError::corrupt("token id"))
    }

    pub(super) fn digest(&mut self) -> Result<TokenDigest, StoreError> {
        digest(self.text()?)
    }

    pub(super) fn user(&mut self) -> Result<User, StoreError> {
        Ok(User {
            id: self.text()?.into(),
            name: self.name()?,
            fullname: self.maybe_text()?.map(Into::into),
            email: self.maybe_text()?.map(Into::into),
            email_confirmed: self.flag()?,
            suspended: self.flag()?,
            site_admin: self.flag()?,
            created_at: self.time()?,
        })
    }

    pub(super) fn token(&mut self) -> Result<Token, StoreError> {
        Ok(Token {
            id: self.token_id()?,
            owner: self.name()?,
            kind: self.word()?,
            display_name: self.maybe_text()?.map(display_name).transpose()?,
            digest: self.maybe_text()?.map(digest).transpose()?,
            last4: self.maybe_text()?.map(Into::into),
            created_at: self.time()?,
            expires_at: self.maybe_time()?,
            last_used_at: self.maybe_time()?,
            fine_grained: self.maybe_text()?.map(json).transpose()?,
            issued_by: self.word()?,
        })
    }

    pub(super) fn standing(&mut self) -> Result<Standing, StoreError> {
        Ok(Standing {
            authorization: self.authorization()?,
            revoked: self.revocation()?,
            told_at: self.maybe_time()?,
        })
    }

    fn authorization(&mut self) -> Result<Option<Authorization>, StoreError> {
        let status = self.maybe_word()?;
        let decided_at = self.maybe_time()?;
        let decided_by = self.maybe_name()?;
        let reason = self.maybe_text()?.map(Into::into);
        let requested_at = self.maybe_time()?;
        let with = |status| Authorization {
            status,
            decided_at,
            decided_by,
            reason,
            requested_at,
        };
        Ok(status.map(with))
    }

    fn revocation(&mut self) -> Result<Option<Revocation>, StoreError> {
        let at = self.maybe_time()?;
        let by = self.maybe_name()?;
        let reason = self.maybe_text()?.map(Into::into);
        match (at, by) {
            (Some(at), Some(by)) => Ok(Some(Revocation { at, by, reason })),
            (None, None) => Ok(None),
            (Some(_), None) | (None, Some(_)) => Err(StoreError::corrupt("revocation")),
        }
    }
}

fn word<'r, T: Deserialize<'r>>(text: &'r str) -> Result<T, StoreError> {
    let text: StrDeserializer<'r, Error> = text.into_deserializer();
    T::deserialize(text).map_err(|_| StoreError::corrupt(std::any::type_name::<T>()))
}

fn json<'r, T: Deserialize<'r>>(text: &'r str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::corrupt(std::any::type_name::<T>()))
}

fn name(text: &str) -> Result<Name, StoreError> {
    Name::parse(text).map_err(|_| StoreError::corrupt("name"))
}

fn display_name(text: &str) -> Result<DisplayName, StoreError> {
    DisplayName::parse(text).map_err(|_| StoreError::corrupt("display name"))
}

fn digest(text: &str) -> Result<TokenDigest, StoreError> {
    TokenDigest::parse(text).map_err(|_| StoreError::corrupt("digest"))
}

/// The word that a value is on the wire.
pub(super) fn to_word(value: impl serde::Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::Other("a value is no word".into())),
    }
}

/// A value as JSON.
pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Other("a value is no JSON".into()))
}
