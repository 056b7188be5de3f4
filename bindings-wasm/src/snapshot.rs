//! Signed snapshots: opened, followed, and kept.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use tokenward_core::Authorizer;
use tokenward_core::snapshot::{Snapshot, TrustedKeys, Update};
use wasm_bindgen::prelude::*;

use crate::answer::{refused, thrown};
use crate::desk::moment;
use crate::engine::Engine;

#[wasm_bindgen]
impl Engine {
    /// An engine from a bundle, once everything in it is verified; at the maximum age in
    /// milliseconds it is too old to decide from.
    #[wasm_bindgen(js_name = fromSnapshot)]
    pub fn from_snapshot(
        bundle: Vec<u8>,
        keys: &str,
        now: f64,
        maximum_age: f64,
    ) -> Result<Engine, JsValue> {
        let keys = TrustedKeys::parse(keys).map_err(thrown)?;
        let snapshot = Snapshot::open(bundle, &keys, moment(now)).map_err(refused)?;
        of_snapshot(snapshot, maximum_age)
    }

    /// Begins to read the next manifest; this engine stays as it is, whatever comes of it.
    pub fn refresh(&self, manifest: &[u8], keys: &str, now: f64) -> Result<Refresh, JsValue> {
        let keys = TrustedKeys::parse(keys).map_err(thrown)?;
        let update = self.snapshot()?.update(manifest, &keys, moment(now));
        update.map(Refresh).map_err(refused)
    }

    /// The snapshot as a bundle again, to be kept.
    pub fn bundle(&self) -> Result<Vec<u8>, JsValue> {
        self.snapshot().map(Snapshot::bundle)
    }

    /// When the snapshot was issued and from when on it is refused, in milliseconds; empty for a
    /// document.
    #[expect(clippy::cast_precision_loss, reason = "times are below 2^53")]
    pub fn times(&self) -> Vec<f64> {
        let held = self.authorizer().snapshot();
        let held = held.zip(self.authorizer().stale_from());
        let times = held.map(|(snapshot, stale)| [snapshot.stamp().issued, stale]);
        times
            .into_iter()
            .flatten()
            .map(|time| time.as_millis() as f64)
            .collect()
    }

    /// The sealed manifest of the snapshot.
    pub fn manifest(&self) -> Result<Vec<u8>, JsValue> {
        Ok(self.snapshot()?.sealed().to_vec())
    }

    /// Whether the snapshot is signed with one of these keys.
    #[wasm_bindgen(js_name = isSignedBy)]
    pub fn is_signed_by(&self, keys: &str) -> Result<bool, JsValue> {
        let keys = TrustedKeys::parse(keys).map_err(thrown)?;
        Ok(self.snapshot()?.is_signed_by(&keys))
    }

    fn snapshot(&self) -> Result<&Snapshot, JsValue> {
        let held = self.authorizer().snapshot();
        held.ok_or_else(|| JsValue::from_str(NO_SNAPSHOT))
    }
}

const NO_SNAPSHOT: &str = "no_snapshot\nauthorizer\nis not made from a snapshot";

/// A snapshot in the making.
#[wasm_bindgen]
pub struct Refresh(Update);

#[wasm_bindgen]
impl Refresh {
    /// The hashes of the blocks that are missing as far as can be told, between spaces.
    pub fn missing(&self) -> String {
        let hashes = self.0.missing().into_iter();
        hashes
            .map(|hash| hash.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Takes one of them.
    pub fn supply(&mut self, block: Vec<u8>) -> Result<(), JsValue> {
        self.0.supply(block).map_err(refused)
    }

    /// The next engine.
    pub fn finish(self, maximum_age: f64) -> Result<Engine, JsValue> {
        let snapshot = self.0.finish().map_err(refused)?;
        of_snapshot(snapshot, maximum_age)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, and endless stays endless"
)]
fn of_snapshot(snapshot: Snapshot, maximum_age: f64) -> Result<Engine, JsValue> {
    let authorizer = Authorizer::of_snapshot(snapshot).map_err(refused)?;
    Ok(Engine::new(authorizer.with_maximum_age(maximum_age as u64)))
}
