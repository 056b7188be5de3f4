//! The engine for JavaScript: host value → core → host value.
//!
//! Nothing here knows what a policy, a role or a permission means: arguments are read, the core is
//! asked, and its answer is handed back. What people use is written in TypeScript (`js/`); it calls
//! [`engine::Engine`], which is shaped for few and cheap crossings: strings come in through one
//! buffer, answers go out as numbers, and as JSON where there are words in them.
//!
//! There is no clock and no randomness here, and no `std` in the module, which makes it smaller.
//! A panic traps: the core has none.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod answer;
pub mod desk;
pub mod engine;
mod json;
pub mod passage;
pub mod snapshot;
pub mod text;

#[cfg(target_arch = "wasm32")]
mod bare {
    //! What `std` would bring: an allocator, and an end for what cannot happen.

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
