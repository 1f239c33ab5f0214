//! Makes the keys that a configuration file lists into those that are looked for.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use crate::config::file::keys::Key as Listed;
use crate::config::file::values::{Count, Few};
use crate::config::settings::ReasoningVisibility;
use crate::store::key::{Expiry, Key, Visibility};

/// The keys, as they are looked for.
///
/// # Errors
/// When a digest is none, as text.
pub(super) fn keys(listed: &[Listed]) -> Result<Vec<Key>, String> {
    listed.iter().map(key).collect()
}

fn key(listed: &Listed) -> Result<Key, String> {
    let digest = listed.digest.as_deref().unwrap_or_default();
    let digest = digest.parse().map_err(|problem| format!("key {}: {problem}", listed.name))?;
    let few = |few: Option<Few>| few.and_then(|few| NonZeroU32::new(few.0));
    let many = |count: Option<Count>| count.and_then(|count| NonZeroU64::new(count.0));
    Ok(Key {
        models: listed.models.clone(),
        requests_per_minute: few(listed.requests_per_minute),
        tokens_per_minute: many(listed.tokens_per_minute),
        tokens_per_day: many(listed.tokens_per_day),
        max_concurrent: few(listed.max_concurrent),
        visibility: listed.visibility.map(visibility),
        expires: listed.expires.map(|moment| Expiry::after(moment.0, Duration::ZERO)),
        ..Key::with_digest(&listed.name, digest)
    })
}

const fn visibility(listed: ReasoningVisibility) -> Visibility {
    match listed {
        ReasoningVisibility::None => Visibility::None,
        ReasoningVisibility::Summary => Visibility::Summary,
        ReasoningVisibility::Raw => Visibility::Raw,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::keys;
    use crate::config::load::read;
    use crate::store::digest::Digest;
    use crate::store::key::Key;

    #[test]
    fn a_listed_key_is_what_it_is_in_a_file_of_keys() {
        let digest = Digest::of(b"secret").to_string();
        let members = json!({
            "name": "team-a",
            "digest": digest,
            "models": ["m"],
            "requests_per_minute": 60,
            "tokens_per_minute": 10_000,
            "tokens_per_day": 1_000_000,
            "max_concurrent": 4,
            "visibility": "none",
            "expires": "2027-01-31T00:00:00Z",
        });
        let bare = json!({"name": "team-b", "digest": Digest::of(b"other").to_string()});
        let text = json!({
            "upstreams": {"a": {"kind": "echo"}},
            "default_upstream": "a",
            "keys": {"inline": [members, bare]},
        });
        let file = read("a.yaml", &text.to_string(), &HashMap::new());
        let file = file.unwrap_or_else(|told| panic!("{told}"));
        let expected: Vec<Key> =
            [members, bare].map(|it| serde_json::from_value(it).unwrap()).into();
        assert_eq!(keys(&file.keys.unwrap().inline).unwrap(), expected);
    }
}
