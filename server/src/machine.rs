//! Commands on the server's own machine (contract §10): the first administrator, new administrator
//! tokens, policies, hub credentials. They work beside a running server, which follows the journal.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use tokenward_core::{
    Actor, Change, Command, DisplayName, IssuedBy, Name, NewToken, Row, Timestamp, Token,
    TokenKind, TokenPolicy, TokenSecret, User,
};

use crate::app::App;
use crate::config::Settings;
use crate::error::ApiError;
use crate::governance::{self, Order};
use crate::snapshots::keys;
use crate::store::{HubCredential, Store};
use crate::{clock, mint};

/// The name of the first site administrator.
const ADMIN: &str = "admin";

/// Makes the site administrator on an empty database, and says where the token is. Tells whether
/// the database was empty.
///
/// # Errors
/// When the token's file is there already, or something cannot be written.
pub async fn first_admin(app: &App, file: Option<&Path>) -> Result<bool> {
    let tx = app.store.begin().await?;
    if has_admin(app) {
        return Ok(false);
    }
    let secret = mint::token();
    let now = clock::now();
    let user = User {
        id: mint::id().to_string(),
        name: Name::parse(ADMIN)?,
        fullname: Some("Site administrator".to_owned()),
        email: None,
        email_confirmed: false,
        suspended: false,
        site_admin: true,
        created_at: now,
    };
    let token = Token {
        id: mint::id(),
        owner: user.name.clone(),
        kind: TokenKind::Write,
        display_name: Some(DisplayName::parse("site administrator")?),
        digest: Some(secret.digest()),
        last4: Some(secret.last4().into()),
        created_at: now,
        expires_at: None,
        last_used_at: None,
        fine_grained: None,
        issued_by: IssuedBy::User,
    };
    if let Some(file) = file {
        write_secret(file, &secret)?;
    }
    let change = Change {
        rows: vec![Row::User(user), Row::Token(token)],
        ..Change::default()
    };
    if let Err(error) = governance::commit(app, tx, &change, now).await {
        if let Some(file) = file {
            let _ = std::fs::remove_file(file);
        }
        return Err(error).context("cannot make the site administrator");
    }
    match file {
        Some(file) => println!("site administrator token is in {}", file.display()),
        None => println!("site administrator token: {}", secret.reveal()),
    }
    Ok(true)
}

/// Whether anybody administers the site, if only a suspended user.
fn has_admin(app: &App) -> bool {
    let memory = app.memory();
    !memory.site_admins.is_empty() || !memory.suspended_admins.is_empty()
}

/// Writes a token to a new file that only its owner can read.
fn write_secret(file: &Path, secret: &TokenSecret) -> Result<()> {
    let place = || {
        format!(
            "cannot write the administrator's token to {}",
            file.display()
        )
    };
    let mut open = OpenOptions::new();
    let mut out = open
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(place)?;
    writeln!(out, "{}", secret.reveal())
        .and_then(|()| out.sync_all())
        .with_context(place)
}

async fn open(database: &str) -> Result<App> {
    let store = Store::open(database)
        .await
        .context("cannot open the database")?;
    let settings = Settings {
        public_url: String::new(),
        trusted_proxies: Vec::new(),
        authz_headers: crate::config::AuthzHeaders::Auto,
        rate_limit: 0,
        snapshot_max_age: 0,
    };
    App::new(store, settings)
        .await
        .context("cannot load the database")
}

async fn run(app: &App, command: Command) -> Result<governance::Done> {
    let order = Order {
        actor: Actor::COMMAND_LINE,
        command,
        if_generation: None,
    };
    governance::run(app, &order, |_| Ok(()))
        .await
        .map_err(|error| match error {
            ApiError::Refused(refusal) => anyhow!("{}", words(refusal)),
            ApiError::Internal(error) => error,
            ApiError::Denied(_) | ApiError::Stale(_) | ApiError::Bad(..) => anyhow!("refused"),
        })
}

fn words(refusal: tokenward_core::Refusal) -> String {
    use tokenward_core::Refusal;
    match refusal {
        Refusal::NotFound(what) => what.to_owned(),
        Refusal::Forbidden(_, text) | Refusal::Conflict(_, text) => text,
        Refusal::Plan(plan, what) => format!("{what} need the {} plan", plan.title()),
        Refusal::BadInput(error) => error.to_string(),
    }
}

/// Makes a new token for the site administrator and prints it.
///
/// # Errors
/// When there is no site administrator yet or each is suspended, or the database cannot be changed.
pub async fn admin_token(database: &str) -> Result<()> {
    let app = open(database).await?;
    let owner = app.memory().site_admins.iter().min().cloned();
    let Some(owner) = owner else {
        if has_admin(&app) {
            bail!("every site administrator is suspended: a token would be good for nothing")
        }
        bail!("there is no site administrator yet: run `serve` first")
    };
    let secret = mint::token();
    let title = format!("site administrator {}", clock::now());
    let command = Command::CreateToken(NewToken {
        id: mint::id(),
        owner,
        kind: TokenKind::Write,
        display_name: DisplayName::parse(&title)?,
        fine_grained: None,
        expires_at: None,
        digest: secret.digest(),
        last4: secret.last4().to_owned(),
    });
    run(&app, command).await?;
    println!("site administrator token: {}", secret.reveal());
    Ok(())
}

/// Sets an organization's token policy, whatever it blocks.
///
/// # Errors
/// When there is no such organization, or the database cannot be changed.
pub async fn set_policy(database: &str, org: Name, policy: TokenPolicy) -> Result<()> {
    let app = open(database).await?;
    let done = run(
        &app,
        Command::SetPolicy {
            org: org.clone(),
            policy,
            force: true,
        },
    )
    .await?;
    println!(
        "{org}: {} (generation {})",
        policy.as_str(),
        done.generation
    );
    Ok(())
}

/// Makes a new key for snapshots. It is published at once, signs after the overlap, and the others
/// are withdrawn an overlap later: whoever fetches the keys that often never meets an unknown one.
///
/// # Errors
/// When the database cannot be changed.
pub async fn rotate_snapshot_key(database: &str, overlap: u32) -> Result<()> {
    let store = Store::open(database)
        .await
        .context("cannot open the database")?;
    let now = clock::now();
    let after =
        |overlaps| Timestamp::from_millis(now.as_millis() + overlaps * i64::from(overlap) * 1000);
    let key = keys::new(after(1));
    store.rotate_key(&key, after(2), now).await?;
    let (id, signs, gone) = (keys::id(&key), after(1), after(2));
    println!("snapshot key {id} signs from {signs} on; the others are withdrawn at {gone}");
    Ok(())
}

/// Makes a credential with which a hub lists repositories, and prints it.
///
/// # Errors
/// When the database cannot be changed.
pub async fn hub_token(database: &str) -> Result<()> {
    let store = Store::open(database)
        .await
        .context("cannot open the database")?;
    let secret = mint::token();
    let credential = HubCredential {
        id: mint::id(),
        digest: secret.digest(),
        last4: secret.last4().to_owned(),
        created_at: clock::now(),
    };
    store.add_hub_credential(&credential).await?;
    println!("hub token: {}", secret.reveal());
    Ok(())
}
