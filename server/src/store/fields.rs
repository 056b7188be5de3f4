//! Reads the fields of a stored row one after the other, and parses them into the core's types.
//!
//! The order of the calls is the order of the fields. How a field comes out of the database is for
//! whoever implements [`Fields`].

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use tokenward_core::{
    Authorization, DisplayName, EdgeName, GroupName, Name, Revocation, Standing, Timestamp, Token,
    TokenDigest, TokenId, User,
};

use super::StoreError;
use super::reader::Reader;

/// The fields of a row that have not been read yet.
pub(super) trait Fields<'r> {
    /// The next field, a text or nothing.
    fn maybe_text(&mut self) -> Result<Option<&'r str>, StoreError>;

    /// The next field, a number or nothing.
    fn maybe_number(&mut self) -> Result<Option<i64>, StoreError>;

    /// The next field, yes or no.
    fn flag(&mut self) -> Result<bool, StoreError>;

    fn text(&mut self) -> Result<&'r str, StoreError> {
        self.maybe_text()?
            .ok_or_else(|| StoreError::corrupt("text"))
    }

    fn number(&mut self) -> Result<i64, StoreError> {
        self.maybe_number()?
            .ok_or_else(|| StoreError::corrupt("number"))
    }

    fn count(&mut self) -> Result<u64, StoreError> {
        u64::try_from(self.number()?).map_err(|_| StoreError::corrupt("number"))
    }

    fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.number().map(Timestamp::from_millis)
    }

    fn maybe_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_number()?.map(Timestamp::from_millis))
    }

    /// A value that is kept as the word that it is on the wire.
    fn word<T: Deserialize<'r>>(&mut self) -> Result<T, StoreError> {
        word(self.text()?)
    }

    fn maybe_word<T: Deserialize<'r>>(&mut self) -> Result<Option<T>, StoreError> {
        self.maybe_text()?.map(word).transpose()
    }

    /// A value that is kept as JSON.
    fn json<T: Deserialize<'r>>(&mut self) -> Result<T, StoreError> {
        json(self.text()?)
    }

    fn name(&mut self) -> Result<Name, StoreError> {
        name(self.text()?)
    }

    fn maybe_name(&mut self) -> Result<Option<Name>, StoreError> {
        self.maybe_text()?.map(name).transpose()
    }

    fn group_name(&mut self) -> Result<GroupName, StoreError> {
        GroupName::parse(self.text()?).map_err(|_| StoreError::corrupt("group name"))
    }

    fn edge_name(&mut self) -> Result<EdgeName, StoreError> {
        EdgeName::parse(self.text()?).map_err(|_| StoreError::corrupt("edge name"))
    }

    fn reader(&mut self) -> Result<Reader, StoreError> {
        Reader::parse(self.text()?).ok_or_else(|| StoreError::corrupt("reader"))
    }

    fn token_id(&mut self) -> Result<TokenId, StoreError> {
        TokenId::parse(self.text()?).map_err(|_| StoreError::corrupt("token id"))
    }

    fn digest(&mut self) -> Result<TokenDigest, StoreError> {
        digest(self.text()?)
    }

    fn user(&mut self) -> Result<User, StoreError> {
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

    fn token(&mut self) -> Result<Token, StoreError> {
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

    fn standing(&mut self) -> Result<Standing, StoreError> {
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
