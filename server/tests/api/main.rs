//! The server from outside: real HTTP against the real server.
//!
//! One program for all of it, since linking the server takes longer than running it.

#[path = "../support/database/mod.rs"]
mod database;
#[path = "../support/server.rs"]
mod server;

mod audit;
mod authz;
mod bad_input;
mod check;
mod documents;
mod matrix;
mod service;
