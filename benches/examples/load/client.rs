//! The smallest client that can saturate a server: requests that are ready as bytes, and answers
//! of which only the status and the length are read. It shares the processors with the server, so
//! everything else it did would be measured as well.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How many connections ask at the same time.
const CONNECTIONS: usize = 64;
/// How long each turn takes.
const TURN: Duration = Duration::from_secs(4);

/// A request as bytes.
pub(crate) fn request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// One connection that asks one thing after the other.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(at: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(at)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::new(),
        })
    }

    /// Asks, and fails unless the answer is 200.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request)?;
        self.answer.clear();
        while !is_whole(&self.answer)? {
            let mut part = [0; 4096];
            let length = self.stream.read(&mut part)?;
            self.answer.extend(&part[..length]);
            if length == 0 {
                bail!("the server closed the connection");
            }
        }
        Ok(())
    }
}

/// How many of these requests the server answers in a second, from 64 connections.
pub(crate) fn rate(at: SocketAddr, requests: &[Vec<u8>]) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let next = AtomicUsize::new(0);
        let (answered, stop) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let askers = (0..CONNECTIONS).map(|_| keep_asking(at, requests, &next, &answered, &stop));
        let watch = async {
            tokio::time::interval(TURN / 8).tick().await;
            let start = Instant::now();
            let mut turn = tokio::time::interval(TURN);
            turn.tick().await;
            turn.tick().await;
            stop.store(true, Ordering::Relaxed);
            answered.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
        };
        let (rate, asked) = tokio::join!(watch, futures_util::future::try_join_all(askers));
        asked?;
        Ok(rate)
    })
}

async fn keep_asking(
    at: SocketAddr,
    requests: &[Vec<u8>],
    next: &AtomicUsize,
    answered: &AtomicU64,
    stop: &AtomicBool,
) -> Result<()> {
    let mut stream = tokio::net::TcpStream::connect(at).await?;
    stream.set_nodelay(true)?;
    let mut answer = Vec::with_capacity(4096);
    while !stop.load(Ordering::Relaxed) {
        let at = next.fetch_add(1, Ordering::Relaxed) % requests.len();
        stream.write_all(&requests[at]).await?;
        answer.clear();
        while !is_whole(&answer)? {
            if stream.read_buf(&mut answer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        answered.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Whether an answer has come to its end; an answer other than 200 is an error.
fn is_whole(answer: &[u8]) -> Result<bool> {
    const END: &[u8] = b"\r\n\r\n";
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(answer)? else {
        return Ok(false);
    };
    let status = head.code.unwrap_or_default();
    let length = head
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.context("the answer has no length")?;
    let length: usize = std::str::from_utf8(length.value)?.parse()?;
    if status != 200 {
        bail!(
            "answered {status}: {}",
            String::from_utf8_lossy(&answer[start - END.len()..])
        );
    }
    Ok(answer.len() >= start + length)
}
