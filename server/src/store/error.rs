//! What can go wrong in the store.
//!
//! The texts name no SQL, no value and no token: they can be logged as they are. They are never
//! sent to a client.

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster: the organization has moved on, or the name or id is taken.
    #[error("the world has changed in the meantime")]
    Conflict,
    /// The database does not answer, or not in time; it may later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database holds something that this server did not write.
    #[error("the database holds something unreadable: {0}")]
    Corrupt(String),
    /// Anything else; trying again will not help.
    #[error("the database refused: {0}")]
    Other(String),
}

impl StoreError {
    /// A stored value that does not parse; `what` names the column or type, never the value.
    pub(super) fn corrupt(what: &str) -> Self {
        Self::Corrupt(format!("`{what}`"))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(error) => of_database(error.as_ref()),
            E::Io(error) => Self::Unavailable(error.to_string()),
            E::Tls(error) => Self::Unavailable(error.to_string()),
            E::PoolTimedOut => Self::Unavailable("no connection became free in time".into()),
            E::PoolClosed | E::WorkerCrashed => Self::Unavailable("it was closed".into()),
            E::Decode(_) => Self::corrupt("value"),
            E::ColumnDecode { index, .. } => Self::corrupt(&index),
            E::RowNotFound => Self::corrupt("missing row"),
            E::Configuration(error) => Self::Other(format!("its address is wrong: {error}")),
            _ => Self::Other("the driver failed".into()),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
                Self::Other("its schema is from a newer version of the server".into())
            }
            _ => Self::Other("its schema cannot be brought up to date".into()),
        }
    }
}

/// Sorts what a database says. Messages of SQLite and PostgreSQL may quote values, so that they
/// are passed on only where no value can be meant.
fn of_database(error: &dyn DatabaseError) -> StoreError {
    if error.kind() == ErrorKind::UniqueViolation {
        return StoreError::Conflict;
    }
    let code = error.code().unwrap_or_default();
    match Trouble::of(&code) {
        Trouble::Contention => StoreError::Unavailable(format!("too much at once (code {code})")),
        Trouble::Away => StoreError::Unavailable(error.message().to_owned()),
        Trouble::Damage => StoreError::Corrupt(format!("the database itself (code {code})")),
        Trouble::Unknown => StoreError::Other(format!("code {code}")),
    }
}

/// The kinds of trouble that codes tell.
enum Trouble {
    /// Another writer was in the way for too long.
    Contention,
    /// The database or its disk is not there for us.
    Away,
    /// The file or a page of it is broken.
    Damage,
    /// Anything else.
    Unknown,
}

impl Trouble {
    /// PostgreSQL has five characters, SQLite a number whose lowest byte is the primary code.
    fn of(code: &str) -> Self {
        if let (Ok(number), true) = (code.parse::<u32>(), code.len() < 5) {
            return match number & 0xff {
                5 | 6 => Self::Contention,
                8 | 10 | 13 | 14 => Self::Away,
                11 | 26 => Self::Damage,
                _ => Self::Unknown,
            };
        }
        match code {
            "40001" | "40P01" | "55P03" => Self::Contention,
            "XX001" | "XX002" => Self::Damage,
            _ if ["08", "28", "53", "57", "58", "3D"]
                .iter()
                .any(|class| code.starts_with(class)) =>
            {
                Self::Away
            }
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StoreError;

    #[test]
    fn a_decoding_error_does_not_repeat_the_value() {
        let secret = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj";
        let error = StoreError::from(sqlx::Error::Decode(secret.into()));
        assert!(matches!(error, StoreError::Corrupt(_)));
        assert!(!format!("{error} {error:?}").contains("hf_"));
    }

    #[test]
    fn a_full_pool_may_be_tried_again() {
        let error = StoreError::from(sqlx::Error::PoolTimedOut);
        assert!(matches!(error, StoreError::Unavailable(_)));
    }
}
