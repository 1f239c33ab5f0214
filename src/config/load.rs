//! Reads a configuration file, and finds everything that is wrong with it at once.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;
use serde_path_to_error::Segment;

use super::file::File;
use super::mistake::{Mistake, Wrong, dotted, is_secret, render};
use super::resolve;
use super::tree::{Node, Step, Unreadable};

/// The most bytes of a file.
const MAX_BYTES: u64 = 1024 * 1024;
/// The most mistakes that are told: more help nobody.
const MAX_MISTAKES: usize = 64;

/// What was found in a file.
#[derive(Debug, Default)]
pub struct Found {
    /// What can be used of it.
    pub file: File,
    /// Every mistake in it, with file, line and caret, from its beginning on; or why it can't be read.
    /// Without any, all of it can be used.
    pub mistakes: String,
    /// Whether it names all of its models, whatever else is wrong with it.
    pub has_names: bool,
}

/// Reads the file at a path; variables in it are looked up in `env`.
pub fn load(path: &Path, env: &HashMap<String, String>) -> Found {
    match text(path) {
        Ok((name, text)) => read_where(&name, &text, env, |_| true),
        Err(mistakes) => Found { mistakes, ..Found::default() },
    }
}

/// The file at a path, for whoever asks about keys. Mistakes elsewhere in it are no matter.
///
/// # Errors
/// Every mistake in what it says of keys; or why it can't be read.
pub fn about_keys(path: &Path) -> Result<File, String> {
    let (name, text) = text(path)?;
    let is_about_keys = |it: &Mistake| {
        it.path.is_empty() || matches!(it.path.first(), Some(Step::Member(name)) if name == "keys")
    };
    read_where(&name, &text, &HashMap::new(), is_about_keys).used()
}

/// A file's name and text.
fn text(path: &Path) -> Result<(String, String), String> {
    let name = path.display().to_string();
    let told = |error: std::io::Error| format!("{name}: can't be read: {error}\n");
    if std::fs::metadata(path).map_err(told)?.len() > MAX_BYTES {
        return Err(format!("{name}: has more than {MAX_BYTES} bytes\n"));
    }
    let text = std::fs::read_to_string(path).map_err(told)?;
    Ok((name, text))
}

/// The same with the file's text; a name that ends with `.toml` is TOML, all others are YAML.
///
/// # Errors
/// Every mistake in it, with file, line and caret.
pub fn read(name: &str, text: &str, env: &HashMap<String, String>) -> Result<File, String> {
    read_where(name, text, env, |_| true).used()
}

impl Found {
    fn used(self) -> Result<File, String> {
        if self.mistakes.is_empty() { Ok(self.file) } else { Err(self.mistakes) }
    }
}

/// The same, where only some mistakes matter.
fn read_where(
    name: &str,
    text: &str,
    env: &HashMap<String, String>,
    matters: impl Fn(&Mistake) -> bool,
) -> Found {
    let is_toml = Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
    let tree = if is_toml { Node::toml(text) } else { Node::yaml(text) };
    let tree = match tree {
        Ok(tree) => tree,
        Err(Unreadable { place, message }) => {
            let mistakes = render(name, text, place, &message, false);
            return Found { mistakes, ..Found::default() };
        }
    };
    let (file, mut mistakes) = interpret(tree.value(), env);
    mistakes.retain(matters);
    let has_names = !mistakes.iter().any(Mistake::hides_names);
    mistakes.sort_by_key(|mistake| mistake.place(&tree));
    let told = mistakes.iter().map(|mistake| {
        let at = dotted(&mistake.path);
        let colon = if at.is_empty() { "" } else { ": " };
        let message = format!("{at}{colon}{}", mistake.message);
        render(name, text, Some(mistake.place(&tree)), &message, mistake.is_secret())
    });
    Found { file, mistakes: told.collect(), has_names }
}

/// The JSON schema of a file, for editors.
pub fn schema() -> String {
    let schema = schemars::schema_for!(File);
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

fn interpret(value: Value, env: &HashMap<String, String>) -> (File, Vec<Mistake>) {
    let (mut file, mut mistakes) = shape(value);
    for found in resolve::resolve(&mut file, env) {
        if mistakes.len() < MAX_MISTAKES && !mistakes.iter().any(|known| known.overlaps(&found)) {
            mistakes.push(found);
        }
    }
    (file, mistakes)
}

/// Takes what is wrong out of the value, one by one, until the rest has the right shape.
fn shape(mut value: Value) -> (File, Vec<Mistake>) {
    let mut mistakes: Vec<Mistake> = Vec::new();
    while mistakes.len() < MAX_MISTAKES {
        let error = match serde_path_to_error::deserialize::<_, File>(value.clone()) {
            Ok(file) => return (file, mistakes),
            Err(error) => error,
        };
        let mut path: Vec<Step> = error.path().iter().filter_map(step).collect();
        let message = error.inner().to_string();
        let unknown = unknown_member(&message).map(|name| Step::Member(name.to_owned()));
        let wrong = if unknown.is_some() { Wrong::Name } else { Wrong::Value };
        path.extend(unknown.filter(|name| path.last() != Some(name)));
        let came = is_secret(&path);
        let found = Mistake { message: reworded(&message, came), path: path.clone(), wrong };
        // What was taken out may be missing further up: that has been told.
        if !mistakes.iter().any(|known| known.overlaps(&found)) {
            mistakes.push(found);
        }
        if !take(&mut value, &path) {
            break;
        }
    }
    (File::default(), mistakes)
}

fn step(segment: &Segment) -> Option<Step> {
    match segment {
        Segment::Map { key } => Some(Step::Member(key.clone())),
        Segment::Seq { index } => Some(Step::Item(*index)),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn unknown_member(message: &str) -> Option<&str> {
    message.strip_prefix("unknown field `")?.split('`').next()
}

/// serde's words without what came, which may be a secret.
fn reworded(message: &str, secret: bool) -> String {
    let wrong =
        ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start));
    if let Some((came, expected)) = wrong.and_then(|wrong| wrong.rsplit_once(", expected ")) {
        let came = match came.split([' ', '`']).next().unwrap_or_default() {
            "string" => "a text",
            "integer" | "floating" => "a number",
            "boolean" => "true or false",
            "sequence" => "a list",
            "map" => "named members",
            _ => "nothing",
        };
        let expected = match expected {
            "a map" | "named entries" => "named members",
            "a sequence" => "a list",
            "a string" => "a text",
            "u32" => "a whole number",
            expected if expected.starts_with("struct ") => "named members",
            expected => expected,
        };
        return format!("expected {expected}, got {came}");
    }
    if secret { "expected a text".to_owned() } else { message.replace('`', "") }
}

/// Takes out what stands at a path, or the list that it stands in: other places must not move.
fn take(value: &mut Value, path: &[Step]) -> bool {
    let members = path.iter().rposition(|step| matches!(step, Step::Member(_)));
    let Some((Step::Member(name), parents)) = members.and_then(|at| path[..=at].split_last())
    else {
        return false;
    };
    let mut at = value;
    for step in parents {
        let inner = match step {
            Step::Member(name) => at.get_mut(name),
            Step::Item(index) => at.get_mut(index),
        };
        let Some(inner) = inner else { return false };
        at = inner;
    }
    at.as_object_mut().and_then(|members| members.shift_remove(name)).is_some()
}
