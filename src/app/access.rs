//! Builds what decides who may ask.

use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::keys;
use crate::config::file::File;
use crate::config::settings::Settings;
use crate::metrics::stores::StoreMeter;
use crate::policy::account::Quota;
use crate::policy::bucket::Rate;
use crate::relay::access::AccessConfig;
use crate::store::cache::Cache;
use crate::store::key::Key;
use crate::store::key_file::KeyFile;
use crate::store::key_store::KeyStore;
use crate::store::key_watch::KeyWatch;
use crate::store::keyring::Keyring;
use crate::store::limits::Limits;
use crate::store::redis::Redis;

/// How long an answer counts as open after its deadline, if its instance died.
const GRACE: Duration = Duration::from_secs(60);

/// Keys, and models of each, that one line of the log names.
const MAX_NAMED: usize = 8;

/// The keys, and what instances share.
#[derive(Debug, Default)]
pub struct Doors {
    keys: Option<KeyWatch>,
    redis: Option<Arc<Redis>>,
}

impl Doors {
    /// Those of the settings and the file.
    ///
    /// # Errors
    /// When keys can't be read, or when other machines could ask without one, as text.
    pub async fn open(settings: &Settings, file: Option<&File>) -> Result<Self, String> {
        let redis = redis(settings)?;
        let keys = match store(settings, redis.as_ref())? {
            None => None,
            Some(store) => Some(KeyWatch::open(store).await.map_err(|problem| {
                format!(
                    "KEYS_FILE={problem}; `inference-gateway key new NAME` makes it, with a first key"
                )
            })?),
        };
        let doors = Self { keys, redis };
        doors.check(settings, file)?;
        if let (Some(keys), Some(file)) = (&doors.keys, file)
            && let Some(names) = keys_without_a_model(&keys.keyring(), file)
        {
            warn!(names, "keys list models that the configuration does not have: {names}");
        }
        Ok(doors)
    }

    /// Whether other machines could ask without a key, and were not meant to.
    ///
    /// # Errors
    /// When they could, as text.
    pub(super) fn check(&self, settings: &Settings, file: Option<&File>) -> Result<(), String> {
        let has_keys = self.keys.is_some() || file.is_some_and(|file| file.keys.is_some());
        if has_keys { Ok(()) } else { nobody_needs_a_key(settings) }
    }

    /// Keeps the keys as they are where they stand, and tells others what was used.
    pub async fn tend(&self) {
        let keys = async {
            if let Some(keys) = &self.keys {
                keys.watch().await;
            }
        };
        let redis = async {
            if let Some(redis) = &self.redis {
                redis.settle().await;
            }
        };
        tokio::join!(keys, redis);
    }

    /// Whether Redis answers, or why it does not; nothing where there is none to ask.
    pub async fn reach(&self) -> Option<Result<(), String>> {
        Some(self.redis.as_ref()?.answers().await)
    }

    /// Tells Redis of the answers that have ended.
    pub async fn settle(&self) {
        if let Some(redis) = &self.redis {
            redis.told().await;
        }
    }

    /// Counts here what is not shared because Redis is away.
    pub(super) fn report_to(&self, meter: impl FnOnce() -> StoreMeter) {
        if let Some(redis) = &self.redis {
            redis.report_to(meter);
        }
    }

    /// Where answers are kept, if they are.
    pub(super) fn cache(&self, settings: &Settings) -> Option<Cache> {
        let cache = |ttl| Cache::new(ttl, settings.cache_max_bytes, self.redis.clone());
        settings.cache_ttl.map(cache)
    }

    /// What counts what was used.
    pub(super) fn limits(&self) -> Limits {
        Limits::new(self.redis.clone())
    }

    /// Who may ask.
    ///
    /// # Errors
    /// When a listed key is none, as text.
    pub(super) fn access(
        &self,
        settings: &Settings,
        file: Option<&File>,
    ) -> Result<AccessConfig, String> {
        let listed = file.and_then(|file| file.keys.as_ref());
        let listed = listed.map(|it| keys::keys(&it.inline)).transpose()?;
        let listed = listed.map(|keys| Arc::new(Keyring::new(keys)));
        let watched = self.keys.as_ref().map(KeyWatch::keyring);
        Ok(AccessConfig {
            keyrings: watched.into_iter().chain(listed).collect(),
            allow_anonymous: settings.allow_anonymous,
            quota: Quota {
                requests: settings.rate_limit_requests.map(Rate::per_minute),
                tokens: settings.rate_limit_tokens.map(Rate::per_minute),
                concurrent: settings.rate_limit_concurrency,
                ..Quota::default()
            },
        })
    }
}

/// The keys that a file lists; nothing where it lists none.
///
/// # Errors
/// When one is none, as text.
pub fn listed(file: &File) -> Result<Vec<Key>, String> {
    keys::keys(file.keys.as_ref().map_or(&[][..], |keys| &keys.inline[..]))
}

/// The names of keys with the models that they list in vain; nothing if there are none.
fn keys_without_a_model(keys: &Keyring, file: &File) -> Option<String> {
    let mut names = Vec::new();
    for key in keys.all() {
        let lost = key.models.iter().filter(|model| !file.has_name(model)).take(MAX_NAMED);
        let lost: Vec<_> = lost.map(String::as_str).collect();
        if !lost.is_empty() {
            names.push(format!("{} ({})", key.name, lost.join(", ")));
        }
    }
    let more = names.len().saturating_sub(MAX_NAMED);
    names.truncate(MAX_NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    (!names.is_empty()).then(|| names.join(", "))
}

/// Where the settings say that keys stand; nothing where nobody needs one.
///
/// # Errors
/// When they say it twice, or not how, as text.
pub fn key_store(settings: &Settings) -> Result<Option<KeyStore>, String> {
    store(settings, redis(settings)?.as_ref())
}

fn store(settings: &Settings, redis: Option<&Arc<Redis>>) -> Result<Option<KeyStore>, String> {
    match (&settings.keys_file, settings.keys_in_redis, redis) {
        (None, false, _) => Ok(None),
        (Some(path), false, _) => Ok(Some(KeyStore::File(KeyFile::new(path)))),
        (None, true, Some(redis)) => Ok(Some(KeyStore::Shared(Arc::clone(redis)))),
        (None, true, None) => {
            Err("KEYS_IN_REDIS=true: REDIS_URL says where, and is not set".to_owned())
        }
        (Some(_), true, _) => {
            Err("KEYS_FILE and KEYS_IN_REDIS=true: keys stand in one place".to_owned())
        }
    }
}

fn redis(settings: &Settings) -> Result<Option<Arc<Redis>>, String> {
    let lease = settings.request_deadline + GRACE;
    let roots = settings.redis_ca_file.as_ref().map(|path| {
        std::fs::read(path)
            .map_err(|error| format!("REDIS_CA_FILE={}: can't be read: {error}", path.display()))
    });
    let roots = roots.transpose()?;
    let redis = |url| Redis::new(url, roots.as_deref(), lease);
    Ok(settings.redis_url.as_ref().map(redis).transpose()?.map(Arc::new))
}

/// Without keys the gateway is for this machine alone, unless it is meant to be open.
fn nobody_needs_a_key(settings: &Settings) -> Result<(), String> {
    if settings.bind_addr.ip().is_loopback() || settings.allow_anonymous {
        return Ok(());
    }
    Err(format!(
        "BIND_ADDR={} can be reached from other machines, and there are no keys: \
        set KEYS_FILE, after `inference-gateway key new NAME --keys-file PATH`, or list keys in GATEWAY_CONFIG; \
        or set ALLOW_ANONYMOUS=true to serve whoever asks",
        settings.bind_addr
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::net::{IpAddr, Ipv4Addr};

    use clap::Parser;

    use super::Doors;
    use crate::app;
    use crate::config::load::read;
    use crate::config::settings::Settings;

    #[tokio::test]
    async fn other_machines_need_a_key_or_leave() {
        for (args, expected) in [
            (&["--bind-addr=127.0.0.1:1"][..], None),
            (&["--bind-addr=[::1]:1"], None),
            (&["--bind-addr=0.0.0.0:1", "--allow-anonymous=true"], None),
            (
                &["--bind-addr=0.0.0.0:1"],
                Some(&["KEYS_FILE", "ALLOW_ANONYMOUS=true", "0.0.0.0:1"][..]),
            ),
            (&["--bind-addr=[::]:1"], Some(&["KEYS_FILE", "ALLOW_ANONYMOUS=true"])),
            (&["--keys-file=missing.json"], Some(&["KEYS_FILE=missing.json", "key new NAME"])),
            (&["--keys-in-redis=true"], Some(&["REDIS_URL"])),
            (
                &["--redis-url=rediss://h", "--redis-ca-file=missing.pem"],
                Some(&["REDIS_CA_FILE=missing.pem", "can't be read"]),
            ),
            (
                &["--redis-url=rediss://h", "--redis-ca-file=Cargo.toml"],
                Some(&["REDIS_CA_FILE: expected certificates in PEM"]),
            ),
            (
                &["--redis-url=redis://h", "--redis-ca-file=Cargo.toml"],
                Some(&["begins with rediss://"]),
            ),
            (
                &["--keys-in-redis=true", "--redis-url=redis://h", "--keys-file=k"],
                Some(&["one place"]),
            ),
            (&["--keys-file=missing.json", "--allow-anonymous=true"], Some(&["missing.json"])),
        ] {
            let args = std::iter::once(&"inference-gateway").chain(args);
            let settings = Settings::try_parse_from(args.clone()).unwrap();
            let problem = Doors::open(&settings, None).await.err();
            let args: Vec<_> = args.collect();
            assert_eq!(problem.is_some(), expected.is_some(), "{args:?}: {problem:?}");
            for part in expected.unwrap_or_default() {
                assert!(problem.as_ref().unwrap().contains(part), "{args:?}: {problem:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_file_that_speaks_of_keys_is_as_good_as_a_file_of_keys() {
        let read = |rest: &str| {
            let text = format!("upstreams: {{a: {{kind: echo}}}}\ndefault_upstream: a\n{rest}");
            read("a.yaml", &text, &HashMap::new()).unwrap_or_else(|told| panic!("{told}"))
        };
        let settings = Settings::try_parse_from(["gateway", "--bind-addr=0.0.0.0:1"]).unwrap();
        let (without, with) = (read(""), read("keys: {inline: []}"));
        assert!(Doors::open(&settings, Some(&without)).await.is_err());
        let doors = Doors::open(&settings, Some(&with)).await.unwrap();
        let relay = app::relay(&settings, Some(&with), &doors).unwrap();
        let problem = app::reload(&relay, &settings, Some(&without), &doors).unwrap_err();
        assert!(problem.contains("ALLOW_ANONYMOUS"), "others could ask from here on: {problem}");
        let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert!(relay.admit(None, from).await.1.is_err(), "and nothing has changed");
    }
}
