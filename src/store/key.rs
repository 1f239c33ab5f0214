//! One key: whom it is for, and what it may. Its secret is known to its owner alone.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::Digest;
use crate::policy::account::Quota;
use crate::policy::bucket::Rate;

/// What every secret begins with, so that scanners for leaked secrets can find it.
pub const SECRET_PREFIX: &str = "igw_";

/// One key. A member that is left out sets no limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Whom it is for; unique.
    pub name: String,
    /// The digest of its secret.
    pub digest: Digest,
    /// The models that it may ask; none listed allows all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Requests that it may make in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<NonZeroU32>,
    /// Tokens that it may use in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<NonZeroU64>,
    /// Tokens that it may use in a day, which begins at midnight UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_day: Option<NonZeroU64>,
    /// Answers that it may have open at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<NonZeroU32>,
    /// The most that it may see of a model's reasoning; left out, what the gateway shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expiry>,
}

/// What a key may see of a model's reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Nothing, not even a summary.
    None,
    /// Summaries.
    Summary,
    /// The reasoning itself, where the gateway shows it.
    Raw,
}

/// A moment to the second, written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry(SystemTime);

impl Key {
    /// A key without limits, and its secret, which stands nowhere else.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new(name: &str) -> Result<(Self, String), String> {
        let mut random = [0; 32];
        let source = SystemRandom::new();
        source.fill(&mut random).map_err(|_| "the system gives no random bytes".to_owned())?;
        let secret = format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        Ok((Self::with_digest(name, Digest::of(secret.as_bytes())), secret))
    }

    /// A key without limits.
    pub fn with_digest(name: &str, digest: Digest) -> Self {
        Self {
            name: name.to_owned(),
            digest,
            models: Vec::new(),
            requests_per_minute: None,
            tokens_per_minute: None,
            tokens_per_day: None,
            max_concurrent: None,
            visibility: None,
            expires: None,
        }
    }

    /// Whether it has ended.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires.0 <= now)
    }

    /// Whether it lists this name, or none.
    pub fn allows(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|allowed| allowed == model)
    }

    /// Its limits; `otherwise` holds where it says nothing of its own.
    pub fn quota(&self, otherwise: &Quota) -> Quota {
        let requests = self.requests_per_minute.map(|limit| Rate::per_minute(limit.get().into()));
        let tokens = self.tokens_per_minute.map(|limit| Rate::per_minute(limit.get()));
        Quota {
            requests: requests.or(otherwise.requests),
            tokens: tokens.or(otherwise.tokens),
            tokens_per_day: self.tokens_per_day.map(NonZeroU64::get).or(otherwise.tokens_per_day),
            concurrent: self.max_concurrent.map(NonZeroU32::get).or(otherwise.concurrent),
        }
    }
}

/// Whether a text can be a key's name: what fits in a log line, a list and a shell.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

impl Expiry {
    /// So long after a moment.
    pub fn after(now: SystemTime, time: Duration) -> Self {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default() + time;
        Self(UNIX_EPOCH + Duration::from_secs(since.as_secs()))
    }
}

impl std::fmt::Display for Expiry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        humantime::format_rfc3339_seconds(self.0).fmt(f)
    }
}

impl Serialize for Expiry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let time = humantime::parse_rfc3339(&text);
        time.map(Self).map_err(|_| {
            let expected = "expected a time such as 2027-01-31T00:00:00Z";
            serde::de::Error::custom(format!("{expected}, got {text:?}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::{Value, json};

    use super::{Expiry, Key, SECRET_PREFIX, is_name};
    use crate::policy::account::Quota;
    use crate::policy::bucket::Rate;
    use crate::store::digest::Digest;

    fn full() -> Value {
        json!({
            "name": "team-a",
            "digest": Digest::of(b"secret").to_string(),
            "models": ["big", "small"],
            "requests_per_minute": 60,
            "tokens_per_minute": 10_000,
            "tokens_per_day": 1_000_000,
            "max_concurrent": 4,
            "visibility": "summary",
            "expires": "2027-01-31T00:00:00Z",
        })
    }

    #[test]
    fn is_written_as_it_is_read() {
        let key: Key = serde_json::from_value(full()).unwrap();
        assert_eq!(serde_json::to_value(&key).unwrap(), full());
        let (plain, _) = Key::new("a").unwrap();
        let written = serde_json::to_value(&plain).unwrap();
        assert_eq!(written.as_object().unwrap().len(), 2, "what is not limited is left out");
        assert_eq!(serde_json::from_value::<Key>(written).unwrap(), plain);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (member, value, expected) in [
            ("digest", json!("abc"), "64 hexadecimal digits"),
            ("requests_per_minute", json!(0), "nonzero"),
            ("tokens_per_day", json!(-1), "nonzero"),
            ("visibility", json!("all"), "none"),
            ("expires", json!("soon"), "2027-01-31T00:00:00Z"),
            ("limit", json!(1), "unknown field `limit`"),
        ] {
            let mut key = full();
            key[member] = value;
            let problem = serde_json::from_value::<Key>(key).unwrap_err().to_string();
            assert!(problem.contains(expected), "{member}: {problem}");
        }
    }

    #[test]
    fn secrets_are_long_new_and_not_in_the_key() {
        let (one, secret) = Key::new("a").unwrap();
        let (other, another) = Key::new("a").unwrap();
        assert!(secret.starts_with(SECRET_PREFIX) && secret.len() == 4 + 43, "{secret}");
        assert_ne!(secret, another);
        assert_ne!(one.digest, other.digest);
        assert_eq!(one.digest, Digest::of(secret.as_bytes()));
        assert!(!format!("{one:?}{}", json!(one)).contains(&secret));
    }

    #[test]
    fn says_what_it_may() {
        let key: Key = serde_json::from_value(full()).unwrap();
        for (model, expected) in [("big", true), ("small", true), ("other", false), ("", false)] {
            assert_eq!(key.allows(model), expected, "{model}");
        }
        assert!(Key::with_digest("a", key.digest).allows("any"));
        let end = UNIX_EPOCH + Duration::from_secs(1_801_353_600);
        assert!(!key.is_expired(end - Duration::from_nanos(1)) && key.is_expired(end));
        assert_eq!(
            Some(Expiry::after(end - Duration::from_secs(60), Duration::from_secs(60))),
            key.expires
        );
        let quota = key.quota(&Quota::default());
        assert_eq!(quota.requests, Some(Rate::per_minute(60)));
        assert_eq!((quota.tokens_per_day, quota.concurrent), (Some(1_000_000), Some(4)));
        let otherwise = Quota { concurrent: Some(9), ..Quota::default() };
        assert_eq!(Key::with_digest("a", key.digest).quota(&otherwise), otherwise);
    }

    #[test]
    fn names_are_plain() {
        for (name, expected) in
            [("team-a", true), ("a.b_c", true), ("", false), ("two words", false), ("ä", false)]
        {
            assert_eq!(is_name(name), expected, "{name}");
        }
        assert!(is_name(&"a".repeat(64)) && !is_name(&"a".repeat(65)));
    }
}
