//! Builders of the worlds that the benches measure; no product code.
