//! Where a question is laid and where its answer waits: one desk for all engines.
//!
//! JavaScript writes the presented token here, and right behind it the resource. Longer strings than
//! fit are cut by it, far behind the length that any valid one has.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use core::mem::take;

use tokenward_core::{
    Action, ParseError, Presented, Request, Resource, Timestamp, TokenId, TokenSecret,
};
use wasm_bindgen::prelude::*;

use crate::answer::{FAILED, parse_error};

/// Room for a token and a resource of 600 UTF-16 units each, as UTF-8.
const SIZE: usize = 3600;

/// A place that JavaScript writes to, and a text for it to fetch.
#[wasm_bindgen]
pub struct Desk {
    question: Box<[u8]>,
    /// What goes with the number that was returned last.
    answer: String,
}

#[wasm_bindgen]
impl Desk {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        Self {
            question: vec![0; SIZE].into_boxed_slice(),
            answer: String::new(),
        }
    }

    /// Where questions are to be written, in the module's memory.
    pub fn address(&mut self) -> usize {
        self.question.as_mut_ptr() as usize
    }

    /// How many bytes there are.
    pub fn size(&self) -> usize {
        self.question.len()
    }

    /// The answer that is waiting.
    pub fn answer(&mut self) -> String {
        take(&mut self.answer)
    }
}

impl Desk {
    /// Has the question answered with a number.
    pub(crate) fn ask(
        &mut self,
        asked: &Asked,
        answer: impl FnOnce(&Request<'_>, &mut String) -> i32,
    ) -> i32 {
        let text = &mut self.answer;
        match read(&self.question, asked, |request| answer(request, text)) {
            Ok(number) => number,
            Err(error) => {
                self.answer = parse_error(&error);
                FAILED
            }
        }
    }
}

/// Reads what was written, and asks one question about it.
fn read<T>(
    question: &[u8],
    asked: &Asked,
    answer: impl FnOnce(&Request<'_>) -> T,
) -> Result<T, ParseError> {
    let all = question.get(..asked.token.saturating_add(asked.resource));
    let (token, resource) = all
        .unwrap_or_default()
        .split_at_checked(asked.token)
        .unwrap_or_default();
    let (token, resource) = (utf8(token, "token")?, utf8(resource, "resource")?);
    let secret;
    let token = match asked.presented {
        NOTHING => Presented::Nothing,
        ID => Presented::Id(TokenId::parse(token)?),
        // The only text that is no secret is the empty one.
        _ => match TokenSecret::parse(token) {
            Ok(read) => {
                secret = read;
                Presented::Secret(&secret)
            }
            Err(_) => Presented::Nothing,
        },
    };
    Ok(answer(&Request {
        token,
        action: Action::ALL
            .get(asked.action)
            .map_or("", |action| action.as_str()),
        resource: Resource::parse(resource)?,
        now: moment(asked.now),
    }))
}

/// What the numbers of a request say.
pub(crate) struct Asked {
    /// What stands in the token's place: [`NOTHING`], [`ID`], or else a raw token.
    pub(crate) presented: u32,
    /// The length of the token in bytes.
    pub(crate) token: usize,
    /// The place of the action in the core's table; beyond it, an action that does not exist.
    pub(crate) action: usize,
    /// The length of the resource in bytes.
    pub(crate) resource: usize,
    /// Milliseconds since 1970.
    pub(crate) now: f64,
}

/// No token is presented.
const NOTHING: u32 = 0;
/// The id of a token is presented.
const ID: u32 = 2;

/// A time as JavaScript counts it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it saturates, and the core has bounds of its own"
)]
pub(crate) fn moment(millis: f64) -> Timestamp {
    Timestamp::from_millis(millis as i64)
}

fn utf8<'a>(bytes: &'a [u8], what: &'static str) -> Result<&'a str, ParseError> {
    str::from_utf8(bytes).map_err(|_| ParseError::new(what, "must be UTF-8"))
}
