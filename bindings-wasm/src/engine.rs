//! One organization, ready to be decided about.

use alloc::string::String;

use tokenward_core::Authorizer;
#[cfg(feature = "documents")]
use tokenward_core::{OrgDocument, Thresholds, TokenPolicy};
use wasm_bindgen::prelude::*;

use crate::answer::number;
#[cfg(feature = "documents")]
use crate::answer::thrown;
use crate::desk::Desk;
#[cfg(feature = "documents")]
use crate::desk::moment;
use crate::json;

/// Decides for one organization and for its members' own namespaces.
#[wasm_bindgen]
pub struct Engine {
    authorizer: Authorizer,
}

#[wasm_bindgen]
impl Engine {
    /// An engine from an org document in JSON.
    #[cfg(feature = "documents")]
    #[wasm_bindgen(js_name = fromDocument)]
    pub fn from_document(document: &str) -> Result<Engine, JsValue> {
        let document = OrgDocument::parse(document).map_err(thrown)?;
        let authorizer = Authorizer::from_document(&document).map_err(thrown)?;
        Ok(Self::new(authorizer))
    }

    /// The organization's name.
    pub fn org(&self) -> String {
        self.authorizer.org().as_str().into()
    }

    /// The generation that the engine decides at.
    #[expect(clippy::cast_precision_loss, reason = "generations are below 2^53")]
    pub fn generation(&self) -> f64 {
        self.authorizer.generation() as f64
    }

    /// The number of the decision about what lies on the desk, and nothing else.
    pub fn judge(&self, desk: &mut Desk) -> i32 {
        desk.ask(|request, _| number(self.authorizer.reason(request)))
    }

    /// The same; the whole decision is waiting as an answer if it denies.
    pub fn decide(&self, desk: &mut Desk) -> i32 {
        desk.ask(|request, answer| {
            let decision = self.authorizer.decide(request);
            if !decision.is_allowed() {
                *answer = json::text(&decision);
            }
            number(decision.reason)
        })
    }

    /// The number of the decision; the explanation is waiting as an answer.
    pub fn explain(&self, desk: &mut Desk) -> i32 {
        desk.ask(|request, answer| {
            let explanation = self.authorizer.explain(request);
            *answer = json::text(&explanation);
            number(explanation.decision.reason)
        })
    }

    /// Which tokens another policy would let in or shut out.
    #[cfg(feature = "documents")]
    pub fn preview(&self, policy: &str) -> Result<String, JsValue> {
        let policy = TokenPolicy::parse(policy).map_err(thrown)?;
        Ok(json::text(&self.authorizer.preview(policy)))
    }

    /// What is wrong with the organization's tokens; a threshold that is no number is the default.
    #[cfg(feature = "documents")]
    pub fn findings(
        &self,
        now: f64,
        unused: Option<u32>,
        inactive: Option<u32>,
        unrotated: Option<u32>,
        expiring: Option<u32>,
    ) -> String {
        let default = Thresholds::default();
        let thresholds = Thresholds {
            unused_days: unused.unwrap_or(default.unused_days),
            inactive_days: inactive.unwrap_or(default.inactive_days),
            unrotated_days: unrotated.unwrap_or(default.unrotated_days),
            expiring_days: expiring.unwrap_or(default.expiring_days),
        };
        json::text(&self.authorizer.findings(moment(now), &thresholds))
    }
}

impl Engine {
    pub(crate) const fn new(authorizer: Authorizer) -> Self {
        Self { authorizer }
    }

    pub(crate) const fn authorizer(&self) -> &Authorizer {
        &self.authorizer
    }
}
