//! The tables that numbers refer to, as words between spaces.

use alloc::string::String;
use alloc::vec::Vec;

use tokenward_core::{Action, Reason};
use wasm_bindgen::prelude::*;

use crate::input::Input;

/// All reasons, in the order of the core's table.
#[wasm_bindgen]
pub fn reasons() -> String {
    Reason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// All actions, in the order of the core's table.
#[wasm_bindgen]
pub fn actions() -> String {
    Action::ALL
        .iter()
        .map(|action| action.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// How many bytes the place has that strings are written to.
#[wasm_bindgen(js_name = inputSize)]
pub fn input_size() -> usize {
    Input::size()
}
