//! Reaches into a database past the store, as somebody would who meddles with it.

use sqlx::{Connection, PgConnection, SqliteConnection};

use super::database::{Database, Kind};

/// Runs a statement.
pub(crate) async fn meddle(database: &Database, sql: &'static str) {
    let statement = sqlx::raw_sql(sql);
    match database.kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.address)
                .await
                .expect("SQLite");
            statement
                .execute(&mut connection)
                .await
                .expect("the statement runs");
            connection.close().await.expect("SQLite closes");
        }
        Kind::Postgres => {
            let mut connection = PgConnection::connect(&database.address)
                .await
                .expect("PostgreSQL");
            statement
                .execute(&mut connection)
                .await
                .expect("the statement runs");
            connection.close().await.expect("PostgreSQL closes");
        }
    }
}

/// The one number that a statement gives.
pub(crate) async fn count(database: &Database, sql: &'static str) -> i64 {
    match database.kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.address)
                .await
                .expect("SQLite");
            sqlx::query_scalar(sql)
                .fetch_one(&mut connection)
                .await
                .expect("a number")
        }
        Kind::Postgres => {
            let mut connection = PgConnection::connect(&database.address)
                .await
                .expect("PostgreSQL");
            sqlx::query_scalar(sql)
                .fetch_one(&mut connection)
                .await
                .expect("a number")
        }
    }
}
