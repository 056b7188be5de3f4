//! Ed25519 keys: signing a manifest, and the keys that a reader trusts.
//!
//! A key is named by the RFC 7638 thumbprint of its JWK. Keys are made by the host: here is no
//! randomness.

use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::SnapshotError;
use crate::base64::URL;
use crate::error::ParseError;
use crate::json::Json;

/// A key that manifests are verified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// The name of a key: the RFC 7638 thumbprint of its JWK; base64url as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

impl KeyId {
    /// The name from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the name.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PublicKey {
    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// When they are no point of the curve, or one that anybody could sign for.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, ParseError> {
        match VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(bytes)),
            _ => Err(ParseError::new("key", "is no Ed25519 key")),
        }
    }

    /// The public key of a signing key's seed.
    #[must_use]
    pub fn of_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed).verifying_key().to_bytes())
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let x = URL.encode(&self.0);
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        KeyId(Sha256::digest(jwk.as_bytes()).into())
    }

    /// The key as a JWK.
    #[must_use]
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": URL.encode(&self.id().0), "x": URL.encode(&self.0),
        })
    }
}

/// Keys as a JWKS, for `/.well-known/tokenward-keys`.
#[must_use]
pub fn jwks(keys: &[PublicKey]) -> Value {
    let keys: Vec<Value> = keys.iter().map(PublicKey::jwk).collect();
    json!({ "keys": keys })
}

/// The keys that a reader trusts: several at once, so that one can follow another.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys(Vec<(KeyId, PublicKey)>);

impl TrustedKeys {
    /// These keys.
    #[must_use]
    pub fn of(keys: &[PublicKey]) -> Self {
        Self(keys.iter().map(|key| (key.id(), *key)).collect())
    }

    /// The Ed25519 keys of a JWKS (JSON text); keys of other kinds in it are passed over.
    ///
    /// # Errors
    /// When the text is no JWKS, has no Ed25519 key, or a `kid` that is not the thumbprint of its key.
    ///
    /// ```
    /// use tokenward_core::snapshot::{PublicKey, TrustedKeys, jwks};
    /// let key = PublicKey::of_seed(&[7; 32]);
    /// let keys = TrustedKeys::parse(&jwks(&[key]).to_string()).unwrap();
    /// assert!(keys.ids().eq([key.id()]));
    /// ```
    pub fn parse(jwks: &str) -> Result<Self, ParseError> {
        let error = |why| ParseError::new("keys", why);
        let set = Json::read(jwks.as_bytes()).ok_or(error("must be a JWKS"))?;
        let keys = set.get("keys").and_then(Json::as_list);
        let keys = keys.ok_or(error("must be a JWKS"))?.iter();
        let ours = keys.filter(|key| is(key, "kty", "OKP") && is(key, "crv", "Ed25519"));
        let parsed = ours.map(parse_jwk).collect::<Result<Vec<_>, _>>()?;
        if parsed.is_empty() {
            return Err(error("must have an Ed25519 key"));
        }
        Ok(Self::of(&parsed))
    }

    /// The names of the keys.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// Checks a signature.
    pub(super) fn verify(
        &self,
        id: KeyId,
        signature: &[u8; 64],
        message: &[u8],
    ) -> Result<(), SnapshotError> {
        let known = self.0.iter().find(|(known, _)| *known == id);
        let (_, key) = known.ok_or(SnapshotError::UnknownKey)?;
        let wrong = |_| SnapshotError::BadSignature;
        let key = VerifyingKey::from_bytes(&key.0).map_err(wrong)?;
        key.verify_strict(message, &Signature::from_bytes(signature))
            .map_err(wrong)
    }
}

fn is(key: &Json, field: &str, value: &str) -> bool {
    key.get(field).and_then(Json::as_text) == Some(value)
}

fn parse_jwk(jwk: &Json) -> Result<PublicKey, ParseError> {
    let text = |field| jwk.get(field).and_then(Json::as_text);
    let bytes = text("x").and_then(from_base64);
    let key = PublicKey::from_bytes(bytes.ok_or(ParseError::new("x", "must be 32 bytes"))?)?;
    match text("kid") {
        Some(kid) if kid != URL.encode(&key.id().0) => {
            Err(ParseError::new("kid", "is not the thumbprint of its key"))
        }
        _ => Ok(key),
    }
}

/// Signs what a manifest says; readers check it with [`TrustedKeys::verify`].
pub(super) fn sign(message: &[u8], seed: &[u8; 32]) -> (KeyId, [u8; 64]) {
    let key = SigningKey::from_bytes(seed);
    let public = PublicKey(key.verifying_key().to_bytes());
    (public.id(), key.sign(message).to_bytes())
}

/// 32 bytes, in the one way in which they can be written.
fn from_base64(text: &str) -> Option<[u8; 32]> {
    URL.decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    /// RFC 8037, appendix A.
    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        let x = from_base64("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = PublicKey::from_bytes(x).unwrap();
        let kid = key.id().to_string();
        assert_eq!(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_key_is_written_in_one_way_only() {
        for text in [
            "",
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp",
            "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR",
        ] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }

    #[test]
    fn a_jwks_without_a_key_of_ours_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"keys": []}"#,
            r#"{"keys": [{"kty": "RSA"}]}"#,
        ] {
            assert!(TrustedKeys::parse(text).is_err(), "{text}");
        }
        let mut jwk = PublicKey::of_seed(&[1; 32]).jwk();
        jwk["kid"] = "mine".into();
        assert!(TrustedKeys::parse(&json!({ "keys": [jwk] }).to_string()).is_err());
    }

    #[test]
    fn a_key_that_anybody_could_sign_for_is_refused() {
        let mut weak = [0; 32];
        weak[0] = 1;
        assert!(PublicKey::from_bytes(weak).is_err());
    }
}
