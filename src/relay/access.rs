//! Who may ask, what, and how much. The key of a request is looked at before its body is read; its
//! model, its prompt and its tokens before anything is called.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use super::caller::Caller;
use super::catalog::Catalog;
use super::estimate::prompt_tokens;
use super::failure::Failure;
use super::lease::Lease;
use super::ledger::Tally;
use super::request::ChatRequest;
use crate::metrics::Metrics;
use crate::policy::account::{Exceeded, Quota, Standings};
use crate::store::key::Key;
use crate::store::keyring::Keyring;
use crate::store::limits::{Limits, Opened};

/// Who may ask, and how much.
#[derive(Debug, Default)]
pub struct AccessConfig {
    /// The keys, one ring after the other; without any ring nobody needs one.
    pub keyrings: Vec<Arc<Keyring>>,
    /// Whether requests without a key are served although there are keys.
    pub allow_anonymous: bool,
    /// The limits of whoever has no key, and of keys that set none of their own.
    pub quota: Quota,
}

impl AccessConfig {
    pub(super) fn wants_key(&self) -> bool {
        !self.keyrings.is_empty() && !self.allow_anonymous
    }

    fn find(&self, secret: &[u8]) -> Option<Arc<Key>> {
        self.keyrings.iter().find_map(|keyring| keyring.find(secret))
    }

    fn identify(&self, secret: Option<&[u8]>, from: IpAddr) -> Result<Caller, Failure> {
        let Some(secret) = secret.filter(|_| !self.keyrings.is_empty()) else {
            let may = !self.wants_key();
            return may.then(|| Caller::at(from, self.quota)).ok_or_else(Failure::no_key);
        };
        let key = self.find(secret).ok_or_else(Failure::unknown_key)?;
        if key.is_expired(SystemTime::now()) {
            return Err(Failure::expired_key());
        }
        Ok(Caller::with_key(key, &self.quota))
    }
}

/// Decides who may ask, and keeps count.
#[derive(Debug, Default)]
pub struct Access {
    limits: Limits,
    metrics: Option<Arc<Metrics>>,
}

impl Access {
    /// Whoever asks is held against these limits.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, metrics: None }
    }

    /// The same, which counts whom it does not let in.
    pub(super) fn counting(self, metrics: &Arc<Metrics>) -> Self {
        Self { metrics: Some(Arc::clone(metrics)), ..self }
    }

    /// Lets a request in, by the secret that it presents and the address that it comes from: whose it
    /// is, or 401 without a key that holds, or 429 over a limit. What is left is told in any case.
    pub async fn admit(
        &self,
        config: &AccessConfig,
        secret: Option<&[u8]>,
        from: IpAddr,
    ) -> (Standings, Result<Caller, Failure>) {
        match config.identify(secret, from) {
            Ok(caller) => {
                let (standings, admitted) = self.limits.admit(caller.whose(), caller.quota()).await;
                (standings, admitted.map(|()| caller).map_err(|it| self.exceeded(it)))
            }
            Err(failure) => {
                // How many guesses are left is told to whoever has none.
                match self.limits.fail(from).await {
                    (_, Ok(())) => (Standings::default(), Err(self.refused(failure.code, failure))),
                    (standings, Err(too_often)) => {
                        (standings, Err(self.refused("guesses", Failure::exceeded(too_often))))
                    }
                }
            }
        }
    }

    fn exceeded(&self, exceeded: Exceeded) -> Failure {
        let kind = match exceeded {
            Exceeded::Requests(_) => "requests",
            Exceeded::Tokens(_) => "tokens",
            Exceeded::Concurrent(_) => "concurrency",
            Exceeded::Budget(..) => "budget",
        };
        self.refused(kind, Failure::exceeded(exceeded))
    }

    /// Counts a failure as a refusal of this kind.
    pub(super) fn refused(&self, kind: &'static str, failure: Failure) -> Failure {
        if let Some(metrics) = &self.metrics {
            metrics.refused(kind);
        }
        failure
    }

    /// Looks whether the key allows the models that a request names; one that was chosen for the
    /// caller, it does.
    ///
    /// # Errors
    /// 403 for one that it does not.
    pub(super) fn permit(
        &self,
        caller: &Caller,
        catalog: &Catalog,
        request: &ChatRequest,
        is_chosen: bool,
    ) -> Result<(), Failure> {
        let own = (!is_chosen).then_some(&request.model);
        if own.into_iter().chain(&request.summary_model).all(|it| caller.may_ask(catalog, it)) {
            return Ok(());
        }
        let failure = Failure::model_forbidden();
        Err(self.refused(failure.code, failure))
    }

    /// Opens an answer to a prompt of at most so many tokens. What it uses is charged when the
    /// lease ends.
    ///
    /// # Errors
    /// 422 for too long a prompt, 429 over a limit.
    pub(super) async fn begin(
        self: &Arc<Self>,
        caller: &Caller,
        request: &ChatRequest,
        max_prompt_tokens: Option<u64>,
        tally: &Arc<Tally>,
    ) -> Result<Lease, Failure> {
        let tokens = prompt_tokens(request);
        if let Some(most) = max_prompt_tokens.filter(|most| tokens > *most) {
            let failure = Failure::prompt_too_long(tokens, most);
            return Err(self.refused(failure.code, failure));
        }
        let opened = Opened::new(caller.whose(), *caller.quota(), tokens);
        let mut lease = Lease::new(Arc::clone(self), opened, tokens, Arc::clone(tally));
        lease.begin().await.map_err(|it| self.exceeded(it))?;
        Ok(lease)
    }

    /// The limits, to give back what was taken.
    pub(super) const fn limits(&self) -> &Limits {
        &self.limits
    }
}

impl Failure {
    fn no_key() -> Self {
        let message = "send a key as Authorization: Bearer, or as X-API-Key";
        Self::gateway(401, "missing_api_key", message, false)
    }

    fn unknown_key() -> Self {
        Self::gateway(401, "invalid_api_key", "there is no such key", false)
    }

    fn expired_key() -> Self {
        Self::gateway(401, "expired_api_key", "the key has expired", false)
    }

    pub(super) fn model_forbidden() -> Self {
        Self::gateway(403, "model_forbidden", "the key does not allow this model", false)
    }

    fn prompt_too_long(tokens: u64, most: u64) -> Self {
        let message = format!(
            "the prompt has about {tokens} tokens, by an estimate of four characters each; expected at most {most}"
        );
        Self::gateway(422, "context_length_exceeded", &message, false)
    }

    /// A limit that has no room.
    fn exceeded(exceeded: Exceeded) -> Self {
        let (code, message, wait) = match exceeded {
            Exceeded::Requests(wait) => {
                ("rate_limit_exceeded", "too many requests".to_owned(), Some(wait))
            }
            Exceeded::Tokens(wait) => {
                ("rate_limit_exceeded", "too many tokens".to_owned(), Some(wait))
            }
            Exceeded::Concurrent(most) => (
                "concurrency_limit_exceeded",
                format!("{most} answers are open, and no more may be"),
                None,
            ),
            Exceeded::Budget(most, wait) => {
                ("budget_exceeded", format!("the {most} tokens of this day are spent"), Some(wait))
            }
        };
        let retry_after = Some(wait.unwrap_or(std::time::Duration::from_secs(1)));
        let limit = Some(Box::new(exceeded));
        Self { retry_after, limit, ..Self::gateway(429, code, &message, true) }
    }
}
