//! What instances share, in Redis: one script per operation, each with a budget of time.
//!
//! ```text
//!  igw:{caller}:buckets   igw:{caller}:spent:day   igw:{caller}:open      igw:{caller}:guesses   igw:keys
//! ```
//!
//! No request waits for it longer than the budget, and none fails with it: what can't be asked in
//! time is `None`, and the caller does without. After a failure nobody asks for a second, then one does.

mod chores;
mod names;

use std::sync::OnceLock;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{AsyncCommands, Client, RedisResult, Script, TlsCertificates};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use tracing::{info, warn};

use self::chores::Chores;
use self::names::{cache_name, name};
use super::digest::Digest;
use super::health::{Health, REST};
use super::table::Subject;
use crate::metrics::stores::StoreMeter;
use crate::policy::account::{Exceeded, Moment, Quota, Standings};
use crate::policy::bucket::{Bucket, Rate};

/// How long one operation may take.
const BUDGET: Duration = Duration::from_millis(50);
/// How long a command may take that no request waits for.
const PATIENCE: Duration = Duration::from_secs(2);
const KEYS: &str = "igw:keys";
const KEYS_VERSION: &str = "igw:keys:version";

/// The answer of an open request, as it is known to all instances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    pub(super) id: u64,
    pub(super) whose: Subject,
    pub(super) quota: Quota,
    pub(super) tokens: u64,
    pub(super) at: Moment,
}

/// A connection to Redis.
pub struct Redis {
    manager: ConnectionManager,
    scripts: Scripts,
    health: Health,
    lease: Duration,
    chores: Chores,
    meter: OnceLock<StoreMeter>,
}

/// What is left, and whether one more was.
type Admitted = (Standings, Result<(), Exceeded>);

struct Scripts {
    admit: Script,
    begin: Script,
    finish: Script,
    keys: Script,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

impl Redis {
    /// Connects when it is first asked, over TLS where the URL says so. `roots`, in PEM, are then the
    /// certificates to believe, and not the usual ones. An answer that nobody closes counts as open
    /// for `lease`.
    ///
    /// # Errors
    /// When the URL is none, or the certificates are.
    pub fn new(url: &SecretString, roots: Option<&[u8]>, lease: Duration) -> Result<Self, String> {
        let broken = |_| "REDIS_URL: expected a URL such as redis://host:6379/0".to_owned();
        let client = match roots {
            Some(roots) => believing(url, roots)?,
            None => Client::open(url.expose_secret()).map_err(broken)?,
        };
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_max_delay(REST);
        let manager = ConnectionManager::new_lazy_with_config(client, config).map_err(broken)?;
        let scripts = Scripts {
            admit: Script::new(include_str!("redis/admit.lua")),
            begin: Script::new(include_str!("redis/begin.lua")),
            finish: Script::new(include_str!("redis/finish.lua")),
            keys: Script::new(include_str!("redis/keys.lua")),
        };
        let (health, chores, meter) = (Health::default(), Chores::default(), OnceLock::new());
        Ok(Self { manager, scripts, health, lease, chores, meter })
    }

    /// Counts here from now on, unless that is done already.
    pub fn report_to(&self, meter: impl FnOnce() -> StoreMeter) {
        self.meter.get_or_init(meter);
    }

    /// Takes one request.
    pub(super) async fn admit(&self, whose: Subject, quota: &Quota) -> Option<Admitted> {
        self.take("admit", name(whose, "buckets"), quota).await
    }

    /// Takes one key that does not hold.
    pub(super) async fn fail(&self, whose: Subject, quota: &Quota) -> Option<Admitted> {
        self.take("fail", name(whose, "guesses"), quota).await
    }

    async fn take(
        &self,
        operation: &'static str,
        buckets: String,
        quota: &Quota,
    ) -> Option<Admitted> {
        let (limit, period) = in_micros(quota.requests);
        let mut script = self.scripts.admit.key(buckets);
        script.arg(limit).arg(period);
        let mut connection = self.manager.clone();
        let asked = self.ask(operation, script.invoke_async(&mut connection)).await;
        let (wait, requests, tokens): (u64, u64, u64) = asked?;
        let standing = |rate: Option<Rate>, missing: u64| {
            rate.map(|rate| Bucket::full_after(missing * 1_000).standing(rate, 0))
        };
        let standings = Standings {
            requests: standing(quota.requests, requests),
            tokens: standing(quota.tokens, tokens),
        };
        let refused = Exceeded::Requests(Duration::from_micros(wait));
        Some((standings, if wait > 0 { Err(refused) } else { Ok(()) }))
    }

    /// Opens an answer.
    pub(super) async fn begin(&self, ticket: &Ticket) -> Option<Result<(), Exceeded>> {
        if !self.health.may_begin() {
            self.missed("begin");
            return None;
        }
        let Ticket { id, quota, tokens, at, .. } = ticket;
        let lease = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
        let (limit, period) = in_micros(quota.tokens);
        let mut script = self.scripts.begin.prepare_invoke();
        ticket.names().into_iter().for_each(|name| {
            script.key(name);
        });
        script.arg(id).arg(lease).arg(quota.concurrent.unwrap_or(0));
        script.arg(quota.tokens_per_day.unwrap_or(0)).arg(tokens).arg(limit).arg(period);
        let mut connection = self.manager.clone();
        let begun: Option<(u8, u64)> =
            self.ask("begin", script.invoke_async(&mut connection)).await;
        if begun.is_none() {
            // It may have been heard all the same.
            self.end(*ticket, 0);
        }
        let (which, wait) = begun?;
        Some(match which {
            0 => Ok(()),
            1 => Err(Exceeded::Concurrent(quota.concurrent.unwrap_or(0))),
            2 => Err(Exceeded::Budget(quota.tokens_per_day.unwrap_or(0), at.rest_of_day())),
            _ => Err(Exceeded::Tokens(Duration::from_micros(wait))),
        })
    }

    /// An answer that was kept.
    pub(super) async fn cached(&self, digest: Digest) -> Option<Bytes> {
        let mut connection = self.manager.clone();
        let asked: Option<Option<Vec<u8>>> =
            self.ask("cache_get", connection.get(cache_name(digest))).await;
        asked.flatten().map(Bytes::from)
    }

    async fn put(&self, digest: Digest, kept: &[u8], ttl: Duration) {
        let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut connection = self.manager.clone();
        let keeping = connection.pset_ex(cache_name(digest), kept, ttl);
        let _: Option<()> = self.ask("cache_put", keeping).await;
    }

    /// The version of the keys, which grows with every change; nothing where no key was ever made.
    ///
    /// # Errors
    /// When Redis can't be asked.
    pub(super) async fn keys_version(&self) -> Result<Option<u64>, String> {
        let mut connection = self.manager.clone();
        told(timeout(PATIENCE, connection.get(KEYS_VERSION)).await.ok())
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// Why it does not, as text.
    pub async fn answers(&self) -> Result<(), String> {
        self.keys_version().await.map(drop)
    }

    /// The keys, each as it was added.
    ///
    /// # Errors
    /// When Redis can't be asked.
    pub(super) async fn keys(&self) -> Result<Vec<String>, String> {
        let mut connection = self.manager.clone();
        told(timeout(PATIENCE, connection.hvals(KEYS)).await.ok())
    }

    /// Adds a key; `false` means that the name is taken.
    ///
    /// # Errors
    /// When Redis can't be asked.
    pub(super) async fn add_key(&self, key_name: &str, key: &str) -> Result<bool, String> {
        self.change_keys(&["add", key_name, key]).await
    }

    /// Takes a key out; `false` means that there is none of this name.
    ///
    /// # Errors
    /// When Redis can't be asked.
    pub(super) async fn remove_key(&self, key_name: &str) -> Result<bool, String> {
        self.change_keys(&["remove", key_name]).await
    }

    async fn change_keys(&self, arguments: &[&str]) -> Result<bool, String> {
        let mut script = self.scripts.keys.key(KEYS);
        script.key(KEYS_VERSION).arg(arguments);
        let mut connection = self.manager.clone();
        told(timeout(PATIENCE, script.invoke_async(&mut connection)).await.ok())
    }

    /// One operation within the budget; nothing if it did not answer, or has failed just before.
    async fn ask<T>(
        &self,
        name: &'static str,
        operation: impl Future<Output = RedisResult<T>>,
    ) -> Option<T> {
        let answer = self.try_to_ask(operation).await;
        if answer.is_none() {
            self.missed(name);
        }
        answer
    }

    fn missed(&self, name: &'static str) {
        if let Some(meter) = self.meter.get() {
            meter.failed(name);
        }
    }

    async fn try_to_ask<T>(&self, operation: impl Future<Output = RedisResult<T>>) -> Option<T> {
        let leave = self.health.may_ask()?;
        match timeout(BUDGET, operation).await {
            Ok(Ok(answer)) => {
                if self.health.answered(leave) {
                    info!("Redis answers again: limits are shared");
                }
                Some(answer)
            }
            failed => {
                let why = if failed.is_err() { "no answer in time" } else { "an error" };
                if self.health.failed() {
                    warn!("Redis: {why}; each instance keeps its own limits until it answers");
                }
                None
            }
        }
    }
}

impl Ticket {
    fn names(&self) -> [String; 3] {
        let day = format!("spent:{}", self.at.day());
        [name(self.whose, "buckets"), name(self.whose, &day), name(self.whose, "open")]
    }
}

/// A client that believes these certificates alone.
fn believing(url: &SecretString, roots: &[u8]) -> Result<Client, String> {
    let url = url.expose_secret();
    if !url.starts_with("rediss://") {
        return Err("REDIS_CA_FILE: expected a REDIS_URL that begins with rediss://".to_owned());
    }
    let has_one =
        std::str::from_utf8(roots).is_ok_and(|pem| pem.contains("-----BEGIN CERTIFICATE"));
    let certificates = TlsCertificates { client_tls: None, root_cert: Some(roots.to_vec()) };
    let client = Client::build_with_tls(url, certificates).ok().filter(|_| has_one);
    client.ok_or_else(|| "REDIS_CA_FILE: expected certificates in PEM".to_owned())
}

/// A rate for a script: its limit, and its period in microseconds; none is 0.
fn in_micros(rate: Option<Rate>) -> (u64, u64) {
    let micros = |rate: Rate| u64::try_from(rate.period.as_micros()).unwrap_or(u64::MAX);
    rate.map_or((0, 0), |rate| (rate.limit, micros(rate)))
}

/// Redis's own words may quote what it was told.
fn told<T>(asked: Option<RedisResult<T>>) -> Result<T, String> {
    match asked {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(error)) => Err(format!("Redis: {}", error.category())),
        None => Err("Redis gives no answer".to_owned()),
    }
}
