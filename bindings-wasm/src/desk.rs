//! Where a question is laid and where its answer waits: one desk for all engines.
//!
//! JavaScript writes the presented token here, and right behind it the resource. Longer strings than
//! fit are cut by it, far behind the length that any valid one has.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use core::mem::take;

use tokenward_core::{
    Action, LentSecret, ParseError, Presented, Request, Resource, Timestamp, TokenId,
};
use wasm_bindgen::prelude::*;

use crate::answer::{FAILED, parse_error};

/// Room for a token and a resource of 600 UTF-16 units each, as UTF-8.
const SIZE: usize = 3600;

/// A place that JavaScript writes to, and a text for it to fetch.
#[wasm_bindgen]
pub struct Desk {
    numbers: Box<Numbers>,
    text: Box<[u8]>,
    /// What goes with the number that was returned last.
    answer: String,
}

/// What stands in a question beside its text: whether the token is given by its id; the length of
/// the token in bytes; the place of the action in the core's table, or beyond it for one that does
/// not exist; the length of the resource; the time in milliseconds since 1970.
type Numbers = [f64; 5];

#[wasm_bindgen]
impl Desk {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        Self {
            numbers: Box::default(),
            text: vec![0; SIZE].into_boxed_slice(),
            answer: String::new(),
        }
    }

    /// Where the numbers of questions are to be written, in the module's memory.
    pub fn numbers(&mut self) -> usize {
        self.numbers.as_mut_ptr() as usize
    }

    /// Where their text is to be written.
    pub fn text(&mut self) -> usize {
        self.text.as_mut_ptr() as usize
    }

    /// How many bytes of text there can be.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// The answer that is waiting.
    pub fn answer(&mut self) -> String {
        take(&mut self.answer)
    }
}

impl Desk {
    /// Has the question answered with a number.
    pub(crate) fn ask(&mut self, answer: impl FnOnce(&Request<'_>, &mut String) -> i32) -> i32 {
        let waiting = &mut self.answer;
        match read(&self.numbers, &self.text, |request| {
            answer(request, waiting)
        }) {
            Ok(number) => number,
            Err(error) => {
                self.answer = parse_error(&error);
                FAILED
            }
        }
    }
}

/// Reads what was written, and asks one question about it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, and nothing is as long"
)]
fn read<T>(
    numbers: &Numbers,
    text: &[u8],
    answer: impl FnOnce(&Request<'_>) -> T,
) -> Result<T, ParseError> {
    let [is_id, token, action, resource, now] = *numbers;
    let (token, action, resource) = (token as usize, action as usize, resource as usize);
    let written = text.get(..token.saturating_add(resource));
    let written = written.and_then(|written| str::from_utf8(written).ok());
    let (token, resource) = written
        .and_then(|written| written.split_at_checked(token))
        .ok_or_else(|| ParseError::new("question", "must be UTF-8"))?;
    let token = if is_id > 0.0 {
        Presented::Id(TokenId::parse(token)?)
    } else {
        // The only text that is no secret is the empty one.
        LentSecret::parse(token).map_or(Presented::Nothing, Presented::Lent)
    };
    Ok(answer(&Request {
        token,
        action: Action::ALL.get(action).map_or("", |action| action.as_str()),
        resource: Resource::parse(resource)?,
        now: moment(now),
    }))
}

/// A time as JavaScript counts it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it saturates, and the core has bounds of its own"
)]
pub(crate) fn moment(millis: f64) -> Timestamp {
    Timestamp::from_millis(millis as i64)
}
