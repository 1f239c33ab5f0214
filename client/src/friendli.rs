//! Friendli Dedicated Endpoints: whether one serves, and waking it when it sleeps.
//!
//! ```text
//!             ┌──────────── Wait ◀───────────┐
//!             ▼                              │
//!  GET status ──▶ Policy::next ──▶ Serve     │   Refuse, GiveUp ──▶ WakeError
//!                      └─────────▶ Wake ─────┘
//! ```
//!
//! What a status means and what follows from it are pure functions ([`status::Readiness`], [`Policy`]);
//! [`Dedicated`] makes the calls. A server error while waking is not final: it may be over at the
//! next look.

pub mod policy;
pub mod status;

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder, Url};
use tokio::time::{Instant, sleep};

use self::policy::{Policy, Step};
use self::status::Status;
use crate::client::{accepted, bearer, failure, with_key};
use crate::{Error, http};

/// Friendli's public API.
pub const DEFAULT_API: &str = "https://api.friendli.ai";

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// More of a status than this is not read.
const STATUS_LIMIT: usize = 64 * 1024;

/// One dedicated endpoint.
#[derive(Debug, Clone)]
pub struct Dedicated {
    http: reqwest::Client,
    url: Url,
    key: Option<HeaderValue>,
    team: Option<HeaderValue>,
}

/// Why an endpoint does not serve.
#[derive(Debug, thiserror::Error)]
pub enum WakeError {
    /// Its API can't be asked, or said no.
    #[error(transparent)]
    Api(#[from] Error),
    /// It will not serve, however long one waits.
    #[error("the endpoint is {0}, and waking doesn't help")]
    Refused(Status),
    /// It may serve one day, and the patience is at its end.
    #[error("the endpoint is still {status} after {} s", .waited.as_secs())]
    Late {
        /// What it was at last.
        status: Status,
        /// How long it was waited for.
        waited: Duration,
    },
}

impl Dedicated {
    /// The endpoint with this id, at the API at `api` (see [`DEFAULT_API`]).
    ///
    /// # Errors
    /// [`Error::Url`] if `api` can't be called, [`Error::Setup`] if TLS can't be set up.
    pub fn new(api: &str, endpoint_id: &str) -> Result<Self, Error> {
        let mut url = http::url(api)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["dedicated", "beta", "endpoint", endpoint_id]);
        }
        Ok(Self { http: http::client(&url)?, url, key: None, team: None })
    }

    /// Sends a token with each call.
    ///
    /// # Errors
    /// [`Error::Key`] if a header can't carry it.
    pub fn token(mut self, token: &str) -> Result<Self, Error> {
        self.key = Some(bearer(token)?);
        Ok(self)
    }

    /// Names the team that the endpoint belongs to.
    ///
    /// # Errors
    /// [`Error::Key`] if a header can't carry it.
    pub fn team(mut self, team: &str) -> Result<Self, Error> {
        self.team = Some(HeaderValue::from_str(team).map_err(|_| Error::Key)?);
        Ok(self)
    }

    /// Looks once.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Refused`], [`Error::Protocol`] or [`Error::Broken`].
    pub async fn status(&self) -> Result<Status, Error> {
        self.call(Method::GET, "status").await
    }

    /// Asks it to wake up; returns at once, with what it is then.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Refused`], [`Error::Protocol`] or [`Error::Broken`].
    pub async fn wake(&self) -> Result<Status, Error> {
        self.call(Method::PUT, "wake").await
    }

    /// Waits until it serves, and wakes it if it sleeps: see [`Waking::next`].
    pub fn waking(&self, policy: Policy) -> Waking<'_> {
        Waking { endpoint: self, policy, began: Instant::now(), step: None }
    }

    async fn call(&self, method: Method, verb: &str) -> Result<Status, Error> {
        let request = self.request(method, verb);
        let response = request.send().await.map_err(|cause| failure(&self.url, cause))?;
        let body = http::body(accepted(response).await?, STATUS_LIMIT).await;
        serde_json::from_slice(&body.map_err(Error::Broken)?).map_err(|cause| {
            Error::Protocol(format!("the endpoint's status can't be read: {cause}"))
        })
    }

    fn request(&self, method: Method, verb: &str) -> RequestBuilder {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(verb);
        }
        let request = self.http.request(method, url).timeout(CALL_TIMEOUT);
        let request = with_key(request, self.key.as_ref());
        match &self.team {
            Some(team) => request.header("X-Friendli-Team", team),
            None => request,
        }
    }
}

/// An endpoint on its way to serving.
#[derive(Debug)]
pub struct Waking<'a> {
    endpoint: &'a Dedicated,
    policy: Policy,
    began: Instant,
    step: Option<Step>,
}

impl Waking<'_> {
    /// Does what is next (wakes, or waits and looks) and returns the status; `None` once it serves.
    ///
    /// # Errors
    /// [`WakeError::Refused`] if it never will serve, [`WakeError::Late`] when the patience ends,
    /// [`WakeError::Api`] if the API can't be asked; its server errors are waited out.
    pub async fn next(&mut self) -> Result<Option<Status>, WakeError> {
        let status = match self.step.take() {
            None => self.endpoint.status().await,
            Some(Step::Serve) => return Ok(None),
            Some(Step::Wake) => self.endpoint.wake().await,
            Some(Step::Wait(pause)) => {
                sleep(pause).await;
                self.endpoint.status().await
            }
            Some(Step::Refuse) | Some(Step::GiveUp) => return Ok(None),
        };
        self.judge(status)
    }

    fn judge(&mut self, status: Result<Status, Error>) -> Result<Option<Status>, WakeError> {
        let status = status.or_else(passing)?;
        let waited = self.began.elapsed();
        match self.policy.next(status.readiness(), waited) {
            Step::Refuse => Err(WakeError::Refused(status)),
            Step::GiveUp => Err(WakeError::Late { status, waited }),
            step @ (Step::Serve | Step::Wake | Step::Wait(_)) => {
                self.step = Some(step);
                Ok(Some(status))
            }
        }
    }
}

/// A server error is over at the next look, perhaps: until then nothing is known.
fn passing(error: Error) -> Result<Status, Error> {
    let Error::Refused(problem) = &error else { return Err(error) };
    if problem.status == 429 || problem.status >= 500 {
        return Ok(Status::unknown(format!("HTTP {}", problem.status)));
    }
    Err(error)
}
