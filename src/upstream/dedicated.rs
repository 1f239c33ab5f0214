//! A Friendli dedicated endpoint, which may sleep: the same server, and a way to wake it.
//!
//! Whether and for how long anybody waits is the relay's. All who wait for one endpoint wait for one
//! flight, which asks it to wake up once; when the last of them leaves, the flight ends.
//!
//! Source: Friendli's OpenAPI document, `/dedicated/beta/endpoint/{id}/status` and `…/wake`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use http::Method;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::sleep;
use tracing::{info, warn};

use super::error::UpstreamError;
use super::health::Health;
use super::openai::{Management, OpenAi, UpstreamConfig};
use super::{Answer, Call, Listed, Upstream};
use crate::policy::waking::{Readiness, Step, Waking};

/// Where endpoints are managed.
#[derive(Debug, Clone)]
pub struct WakeConfig {
    /// Scheme, host and base path, without a slash at the end.
    pub base_url: String,
    /// Sent as `Authorization: Bearer`; without it, the key for answers is.
    pub token: Option<SecretString>,
}

/// A server whose models are endpoints that may sleep.
pub struct Dedicated {
    http: OpenAi,
    api: Management,
    /// Those that are being woken, by id. Flights that are over are cleared away by the next.
    flights: Mutex<HashMap<String, WeakShared<Flight>>>,
}

/// Ends with whether the endpoint was away, and serves.
type Flight = BoxFuture<'static, bool>;

impl Dedicated {
    /// A server at one URL whose endpoints are woken at another.
    ///
    /// # Errors
    /// As [`OpenAi::new`], and when a header can't hold the token.
    pub fn new(config: &UpstreamConfig, wake: &WakeConfig) -> Result<Self, String> {
        let http = OpenAi::new(config)?;
        let base = format!("{}/dedicated/beta/endpoint", wake.base_url);
        let api = http.management(base, wake.token.as_ref())?;
        Ok(Self { http, api, flights: Mutex::default() })
    }

    /// The flight for an endpoint: the one under way, or a new one.
    fn flight(&self, id: &str) -> Shared<Flight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.retain(|_, flight| flight.upgrade().is_some());
        if let Some(flight) = flights.get(id).and_then(WeakShared::upgrade) {
            return flight;
        }
        let flight = wake(self.api.clone(), id.to_owned()).boxed().shared();
        flights.extend(flight.downgrade().map(|weak| (id.to_owned(), weak)));
        flight
    }
}

impl Upstream for Dedicated {
    fn stream(&self, call: Call) -> BoxFuture<'static, Result<Answer, UpstreamError>> {
        self.http.stream(call)
    }

    fn complete(&self, call: Call) -> BoxFuture<'static, Result<Bytes, UpstreamError>> {
        self.http.complete(call)
    }

    fn models(&self) -> BoxFuture<'static, Result<Vec<Listed>, UpstreamError>> {
        self.http.models()
    }

    fn health(&self) -> BoxFuture<'static, Health> {
        self.http.health()
    }

    fn wake(&self, model: &str) -> Option<BoxFuture<'static, bool>> {
        Some(self.flight(endpoint_id(model)?).boxed())
    }
}

/// The endpoint that a model's name names: `ENDPOINT_ID`, or `ENDPOINT_ID:ADAPTER_ROUTE`. Clients may
/// have made the name up, and it becomes a part of a path.
fn endpoint_id(model: &str) -> Option<&str> {
    let id = model.split(':').next()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    ((1..=64).contains(&id.len()) && id.bytes().all(plain)).then_some(id)
}

/// Looks at an endpoint, wakes it if it sleeps, and looks until it serves.
async fn wake(api: Management, id: String) -> bool {
    let mut waking = Waking::default();
    let mut seen = look(&api, &id, Method::GET, "status").await;
    loop {
        match waking.next(seen) {
            Step::Serve { was_away } => return was_away,
            Step::GiveUp => {
                warn!(endpoint = id, "endpoint {id} can't be woken");
                return false;
            }
            Step::Wake => {
                info!(endpoint = id, "endpoint {id} sleeps: it is asked to wake up");
                seen = look(&api, &id, Method::PUT, "wake").await;
            }
            Step::Wait(pause) => {
                sleep(pause).await;
                seen = look(&api, &id, Method::GET, "status").await;
            }
        }
    }
}

/// What is told of an endpoint; nothing, if nothing can be read. What refuses us is no endpoint of ours.
async fn look(api: &Management, id: &str, method: Method, verb: &str) -> Option<Readiness> {
    match api.call(method, &format!("{id}/{verb}")).await {
        Ok(body) => {
            let status: Value = serde_json::from_slice(&body).ok()?;
            status["status"].as_str().map(Readiness::of)
        }
        Err(error) => {
            warn!(endpoint = id, "endpoint {id} can't be asked: {error}");
            if error.is_retryable() { None } else { Some(Readiness::Ended) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::endpoint_id;

    #[test]
    fn names_that_are_no_ids_lead_nowhere() {
        for (model, expected) in [
            ("dep-1_a", Some("dep-1_a")),
            ("dep1:adapter/x", Some("dep1")),
            ("", None),
            (":x", None),
            ("../../serverless", None),
            ("a/b", None),
            ("a?x=1", None),
            ("a%2fb", None),
            (&"a".repeat(65), None),
        ] {
            assert_eq!(endpoint_id(model), expected, "{model}");
        }
    }
}
