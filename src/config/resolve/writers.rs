//! Looks at the models that write summaries: whether these are there, and none shows what others think.

use super::super::file::kind::Kind;
use super::super::file::{File, Model};
use super::{Notes, is_served};

const DEFAULT: &str = "SUMMARY_MODEL_DEFAULT";

/// Notes a model's own writer that can't be one.
pub(super) fn check(notes: &mut Notes, file: &File, name: &String, model: &Model) {
    let Some(writer) = &model.summary_model else { return };
    let at = "models";
    if !is_served(file, writer) {
        let expected = format!("expected a model that is listed: {}", file.models.names());
        notes.note([&at, name, &"summary_model"], expected);
    } else if is_echo(file, writer) && !is_echo(file, name) {
        let message = "an echo would show what this model thinks; expected a model that is none";
        notes.note([&at, name, &"summary_model"], message);
    }
}

/// What was expected of a setting that names a writer, where that can't be one.
pub(in crate::config) fn mistake(file: &File, setting: &str, writer: &str) -> Option<String> {
    let names = file.models.names();
    if !is_served(file, writer) {
        return Some(format!("expected a model of the file: {names}"));
    }
    // The default writes for models without a writer of their own, the fallback for any.
    let is_asked = |model: &Model| setting != DEFAULT || model.summary_model.is_none();
    let mut asking = file.models.0.iter().filter(|(_, model)| is_asked(model));
    let has_thoughts = asking.any(|(name, _)| !is_echo(file, name)) || thinks_unlisted(file);
    (is_echo(file, writer) && has_thoughts).then(|| {
        let why = "an echo would show what other models think";
        format!("{why}; expected another of the file: {names}")
    })
}

/// Whether names that are not listed get a model that is no echo, and has no writer of its own.
fn thinks_unlisted(file: &File) -> bool {
    file.default_upstream.is_some() && !is_echo(file, "")
}

/// Whether whatever is asked by this name is said back.
fn is_echo(file: &File, name: &str) -> bool {
    let name = file.aliases.get(name).map_or(name, String::as_str);
    let default = || file.models.get(file.default_model.as_deref()?);
    let is_echo = |name: &str| file.upstreams.get(name).is_some_and(|it| it.kind == Kind::Echo);
    match (file.models.get(name).or_else(default), &file.default_upstream) {
        (Some(model), _) => model.targets.iter().all(|it| is_echo(&it.upstream)),
        (None, Some(upstream)) => is_echo(upstream),
        (None, None) => false,
    }
}
