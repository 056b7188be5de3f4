//! Tokenward's server: the authoritative store behind the Hub's own API.
//!
//! What policies, approvals, roles and permissions mean is known to `tokenward-core` alone; here it
//! is only asked, stored and answered.

pub mod app;
pub mod auth;
pub mod body;
pub mod clock;
pub mod config;
pub mod demo;
pub mod endpoints;
pub mod error;
pub mod governance;
pub mod handlers;
pub mod http;
pub mod machine;
pub mod memory;
pub mod metrics;
pub mod mint;
pub mod openapi;
pub mod rate_limit;
pub mod schema;
pub mod snapshots;
pub mod store;
pub mod terms;
pub mod wire;

use std::future::Future;

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use crate::app::App;
use crate::config::{Serve, Settings};
use crate::store::Store;

/// A server that is loaded and listens, and does not answer yet.
pub struct Bound {
    /// The server's parts.
    pub app: App,
    /// Where it listens.
    pub listener: TcpListener,
}

impl Bound {
    /// Where it listens, as a URL.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn url(&self) -> Result<String> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }

    /// Answers until `stop` is done, and then finishes the requests in hand.
    ///
    /// # Errors
    /// When the last uses of tokens cannot be written down.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<()> {
        let keeping_up = tokio::spawn(self.app.clone().keep_up());
        let closing = self.app.clone();
        let stop = async move {
            stop.await;
            closing.snapshots.close();
        };
        http::serve(self.listener, http::router(self.app.clone()), stop).await;
        keeping_up.abort();
        snapshots::receipts::write(&self.app)
            .await
            .context("cannot write down what edges have applied")?;
        self.app
            .write_uses()
            .await
            .context("cannot write down the last uses of tokens")
    }
}

/// Opens the database, makes the site administrator on an empty one, loads everything and listens.
///
/// # Errors
/// When any of this fails.
pub async fn bind(options: &Serve) -> Result<Bound> {
    let store = Store::open(&options.database.database)
        .await
        .context("cannot open the database")?;
    let listener = TcpListener::bind(&options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let here = format!("http://{}", listener.local_addr()?);
    let public_url = options
        .public_url
        .as_deref()
        .unwrap_or(&here)
        .trim_end_matches('/');
    let settings = Settings {
        public_url: public_url.to_owned(),
        trusted_proxies: options.trusted_proxies.clone(),
        authz_headers: options.authz_headers,
        rate_limit: options.rate_limit,
        snapshot_max_age: options.snapshot_max_age,
    };
    let app = App::new(store, settings)
        .await
        .context("cannot load the database")?;
    snapshots::load_keys(&app)
        .await
        .context("cannot read the keys of snapshots")?;
    let fresh = machine::first_admin(&app, options.admin_token_file.as_deref()).await?;
    if options.demo && fresh {
        demo::fill(&app)
            .await
            .context("cannot make the example organization")?;
    }
    Ok(Bound { app, listener })
}
