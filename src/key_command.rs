//! `inference-gateway key`: makes, lists and revokes keys where they stand.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::SystemTime;

use inference_gateway::app::access::{key_store, listed};
use inference_gateway::config::file::File;
use inference_gateway::config::key_command::{KeyCommand, NewKey};
use inference_gateway::config::start::Configuration;
use inference_gateway::store::key::{Expiry, Key, Visibility};
use inference_gateway::store::key_store::KeyStore;

/// Does it. The result is what to print.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(command: &KeyCommand, it: &Configuration) -> Result<String, String> {
    let Some(store) = key_store(&it.settings)? else {
        return without_a_store(command, it.file.as_ref());
    };
    match command {
        KeyCommand::New(new) => {
            let made = make(new, &store).await?;
            warn_of_models(new, it.file.as_ref());
            Ok(made)
        }
        KeyCommand::List => Ok(list(&store.read().await?, SystemTime::now())),
        KeyCommand::Revoke { name } => {
            store.remove(name).await?;
            Ok(format!("revoked {name}\n"))
        }
    }
}

/// Keys that stand in the configuration file are changed there.
fn without_a_store(command: &KeyCommand, file: Option<&File>) -> Result<String, String> {
    let keys = file.map(listed).transpose()?.unwrap_or_default();
    let place = "the keys stand in the file that GATEWAY_CONFIG names, below keys.inline";
    if keys.is_empty() {
        return Err("KEYS_FILE is not set, nor KEYS_IN_REDIS: where do keys stand?".to_owned());
    }
    match command {
        KeyCommand::List => Ok(format!("{place}:\n{}", list(&keys, SystemTime::now()))),
        KeyCommand::New(_) | KeyCommand::Revoke { .. } => Err(format!(
            "{place}, and are changed there; KEYS_FILE or KEYS_IN_REDIS says where others stand"
        )),
    }
}

/// A model may come later than a key for it: that it is not there is worth a line, and no more.
fn warn_of_models(new: &NewKey, file: Option<&File>) {
    let Some(file) = file else { return };
    let lost = new.models.iter().filter(|model| !file.has_name(model));
    let lost: Vec<_> = lost.map(String::as_str).collect();
    if !lost.is_empty() {
        // What can't be written can't be complained about either.
        let _ = writeln!(
            std::io::stderr(),
            "inference-gateway: the key {} lists models that the configuration does not have: {}",
            new.name,
            lost.join(", ")
        );
    }
}

async fn make(new: &NewKey, store: &KeyStore) -> Result<String, String> {
    let (key, secret) = Key::new(&new.name)?;
    let visibility = new.visibility.as_deref().map(|name| match name {
        "none" => Visibility::None,
        "raw" => Visibility::Raw,
        _ => Visibility::Summary,
    });
    let key = Key {
        models: new.models.clone(),
        requests_per_minute: new.requests_per_minute,
        tokens_per_minute: new.tokens_per_minute,
        tokens_per_day: new.tokens_per_day,
        max_concurrent: new.max_concurrent,
        visibility,
        expires: new.expires_in.map(|time| Expiry::after(SystemTime::now(), time)),
        ..key
    };
    store.add(key).await?;
    Ok(format!("{secret}\n"))
}

fn list(keys: &[Key], now: SystemTime) -> String {
    let mut list = String::new();
    for key in keys {
        // Writing to a String can't fail.
        let _ = writeln!(list, "{:<24} {}", key.name, limits(key, now).join(", "));
    }
    list
}

fn limits(key: &Key, now: SystemTime) -> Vec<String> {
    let mut limits = Vec::new();
    let mut add = |text: Option<String>| limits.extend(text);
    let models = key.models.join("|");
    add(Some(if models.is_empty() { "any model".to_owned() } else { models }));
    add(key.requests_per_minute.map(|limit| format!("{limit} requests a minute")));
    add(key.tokens_per_minute.map(|limit| format!("{limit} tokens a minute")));
    add(key.tokens_per_day.map(|limit| format!("{limit} tokens a day")));
    add(key.max_concurrent.map(|limit| format!("{limit} at once")));
    add(key.visibility.map(|it| format!("sees {}", format!("{it:?}").to_lowercase())));
    let verb = if key.is_expired(now) { "expired" } else { "expires" };
    add(key.expires.map(|expires| format!("{verb} {expires}")));
    limits
}
