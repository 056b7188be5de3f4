//! A fresh database for one test, on either kind, gone afterwards however the test ends.

mod postgres;

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use postgres::admin_address;

/// What kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// An empty database.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) kind: Kind,
    /// What the store opens.
    pub(crate) address: String,
}

/// Makes a database, runs the test on it, and removes it even when the test panics.
pub(crate) async fn with_database<T, F>(kind: Kind, test: impl FnOnce(Database) -> F) -> T
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    match kind {
        Kind::Sqlite => {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("tokenward.db");
            let address = format!("sqlite:{}", file.to_str().expect("a path in UTF-8"));
            finish(tokio::spawn(test(Database { kind, address })).await)
        }
        Kind::Postgres => {
            // Starting a server takes a while and must not hold up other tests' tasks.
            let admin = tokio::task::spawn_blocking(admin_address)
                .await
                .expect("PostgreSQL");
            let name = fresh_name();
            on_postgres(admin, format!("CREATE DATABASE {name}")).await;
            let options = PgConnectOptions::from_str(admin)
                .expect("an address")
                .database(&name);
            let address = options.to_url_lossy().to_string();
            let outcome = tokio::spawn(test(Database { kind, address })).await;
            on_postgres(admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
            finish(outcome)
        }
    }
}

/// Passes on what the test gave, or its panic.
fn finish<T>(outcome: Result<T, tokio::task::JoinError>) -> T {
    outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn on_postgres(address: &str, sql: impl Into<String>) {
    let mut connection = PgConnection::connect(address)
        .await
        .expect("PostgreSQL answers");
    let sql = sqlx::AssertSqlSafe(sql.into());
    sqlx::raw_sql(sql)
        .execute(&mut connection)
        .await
        .expect("the statement runs");
    connection.close().await.expect("PostgreSQL closes");
}

/// Several test programs may share one server.
fn fresh_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("tokenward_test_{}_{number}", std::process::id())
}
