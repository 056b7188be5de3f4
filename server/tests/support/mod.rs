//! What the store's tests stand on: fresh databases and small worlds.

pub(crate) mod database;
pub(crate) mod meddling;
pub(crate) mod rows;
