//! Looks at the keys of a file: whether each is whole, and no other one is the same.

use super::super::file::File;
use super::super::file::keys::Key;
use super::super::values::{digest, key_name};
use super::Notes;

const AT: &str = "keys";
const INLINE: &str = "inline";

/// Notes what does not fit together.
pub(super) fn check(notes: &mut Notes, file: &File) {
    let keys = file.keys.iter().flat_map(|keys| &keys.inline);
    let keys: Vec<&Key> = keys.collect();
    for (place, key) in keys.iter().enumerate() {
        if let Err(expected) = key_name(&key.name) {
            notes.note([&AT, &INLINE, &place, &"name"], expected);
        } else if keys[..place].iter().any(|known| known.name == key.name) {
            notes.note([&AT, &INLINE, &place, &"name"], "there is a key of this name already");
        }
        if let Err(expected) = check_digest(key) {
            notes.note([&AT, &INLINE, &place, &"digest"], expected);
        } else if keys[..place].iter().any(|known| known.digest == key.digest) {
            notes
                .note([&AT, &INLINE, &place, &"digest"], "there is a key with this digest already");
        }
        check_models(notes, file, place, key);
    }
}

fn check_digest(key: &Key) -> Result<(), String> {
    let missing = "missing; expected what `inference-gateway key new` writes in its file";
    digest(key.digest.as_ref().ok_or(missing)?)
}

fn check_models(notes: &mut Notes, file: &File, place: usize, key: &Key) {
    for (at, model) in key.models.iter().enumerate() {
        let path: [&dyn super::ToStep; 5] = [&AT, &INLINE, &place, &"models", &at];
        if !file.has_name(model) {
            let expected = format!("expected a model that is listed: {}", file.models.names());
            notes.note(path, expected);
        }
    }
}
