//! Looks up what a configuration file refers to, its own names and variables, and notes what is
//! not there.

mod keys;
mod routes;
pub(super) mod writers;

use std::collections::HashMap;

use http::{HeaderName, HeaderValue};

use super::file::kind::Kind;
use super::file::{File, Model, Target, Upstream};
use super::mistake::{Mistake, Wrong};
use super::tree::Step;
use super::values;

/// Headers that the gateway writes itself.
const OWN_HEADERS: [&str; 8] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
];

struct Notes(Vec<Mistake>);

impl Notes {
    fn note<const N: usize>(&mut self, path: [&dyn ToStep; N], message: impl Into<String>) {
        let path = path.iter().map(|step| step.to_step()).collect();
        self.0.push(Mistake { path, message: message.into(), wrong: Wrong::Value });
    }
}

trait ToStep {
    fn to_step(&self) -> Step;
}

impl ToStep for &str {
    fn to_step(&self) -> Step {
        Step::Member((*self).to_owned())
    }
}

impl ToStep for String {
    fn to_step(&self) -> Step {
        Step::Member(self.clone())
    }
}

impl ToStep for usize {
    fn to_step(&self) -> Step {
        Step::Item(*self)
    }
}

/// Fills keys and headers in, and returns everything that does not fit together.
pub(super) fn resolve(file: &mut File, env: &HashMap<String, String>) -> Vec<Mistake> {
    let mut notes = Notes(Vec::new());
    for (name, upstream) in &mut file.upstreams.0 {
        resolve_upstream(&mut notes, name, upstream, env);
    }
    for (name, model) in &file.models.0 {
        check_model(&mut notes, file, name, model);
    }
    check_names(&mut notes, file);
    routes::check(&mut notes, file);
    keys::check(&mut notes, file);
    notes.0
}

fn resolve_upstream(
    notes: &mut Notes,
    name: &String,
    upstream: &mut Upstream,
    env: &HashMap<String, String>,
) {
    let at = "upstreams";
    if upstream.base_url.is_none() && upstream.kind != Kind::Echo {
        notes.note([&at, name, &"base_url"], "missing; expected a URL such as https://host/v1");
    }
    if upstream.template.is_some() && upstream.kind != Kind::LlamaCompletion {
        let expected = "only an upstream of kind llama_completion has a template";
        notes.note([&at, name, &"template"], expected);
    }
    if let Some(reference) = &upstream.api_key {
        match key(reference, env) {
            Ok(key) => upstream.key = Some(key),
            Err(message) => notes.note([&at, name, &"api_key"], message),
        }
    }
    if let Some(reference) = &upstream.management_token {
        match key(reference, env) {
            Ok(token) => upstream.wake_token = Some(token),
            Err(message) => notes.note([&at, name, &"management_token"], message),
        }
    }
    if upstream.auto_wake && upstream.kind != Kind::Friendli {
        notes.note([&at, name, &"auto_wake"], "only an upstream of kind friendli can be woken");
    }
    for (header, value) in &mut upstream.headers.0 {
        match header_value(header, value, env) {
            Ok(filled) => *value = filled,
            Err(message) => notes.note([&at, name, &"headers", header], message),
        }
    }
}

/// A key is never in a file: `${NAME}` says where it is.
fn key(reference: &str, env: &HashMap<String, String>) -> Result<secrecy::SecretString, String> {
    let name = reference.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let name = name.filter(|name| is_variable(name)).ok_or(
        "expected a variable such as ${FRIENDLI_TOKEN}; the key itself has no place in a file",
    )?;
    let value = variable(name, env)?;
    values::secret(&value).map_err(|expected| format!("the value of {name}: {expected}"))
}

fn variable(name: &str, env: &HashMap<String, String>) -> Result<String, String> {
    let value = env.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    value.map(str::to_owned).ok_or_else(|| format!("the variable {name} is not set"))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn header_value(name: &str, text: &str, env: &HashMap<String, String>) -> Result<String, String> {
    if HeaderName::try_from(name).is_err() {
        return Err("expected the name of a header".to_owned());
    }
    if OWN_HEADERS.contains(&name.to_lowercase().as_str()) {
        return Err("the gateway writes this header itself".to_owned());
    }
    let filled = filled(text, env)?;
    HeaderValue::try_from(&filled).map_err(|_| "expected what a header can hold".to_owned())?;
    Ok(filled)
}

/// A text with every `${NAME}` replaced by that variable.
fn filled(text: &str, env: &HashMap<String, String>) -> Result<String, String> {
    let mut parts = text.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').ok_or("expected } after ${")?;
        filled.push_str(&variable(name, env)?);
        filled.push_str(rest);
    }
    Ok(filled)
}

fn check_model(notes: &mut Notes, file: &File, name: &String, model: &Model) {
    let at = "models";
    if model.targets.is_empty() {
        notes.note([&at, name, &"targets"], "missing; expected at least one target");
    }
    for (place, target) in model.targets.iter().enumerate() {
        check_target(notes, file, (name, place), model, target);
    }
    writers::check(notes, file, name, model);
}

fn check_target(
    notes: &mut Notes,
    file: &File,
    (name, place): (&String, usize),
    model: &Model,
    target: &Target,
) {
    let (at, targets) = ("models", "targets");
    if target.upstream.is_empty() || file.upstreams.get(&target.upstream).is_none() {
        let expected = format!("expected the name of an upstream: {}", file.upstreams.names());
        notes.note([&at, name, &targets, &place, &"upstream"], expected);
    }
    let shared = |rank| model.targets.iter().filter(|other| other.rank == Some(rank)).count() > 1;
    if target.weight == Some(0) {
        let expected = "expected a whole number, at least 1";
        notes.note([&at, name, &targets, &place, &"weight"], expected);
    } else if target.weight.is_some() && !target.rank.is_some_and(shared) {
        let message = "a share of what? expected a rank that another target has, too";
        notes.note([&at, name, &targets, &place, &"weight"], message);
    }
}

fn check_names(notes: &mut Notes, file: &File) {
    let listed = || format!("expected a model that is listed: {}", file.models.names());
    for (alias, name) in &file.aliases.0 {
        if file.models.get(name).is_none() {
            notes.note([&"aliases", alias], listed());
        } else if file.models.get(alias).is_some() {
            notes.note([&"aliases", alias], "there is a model of this name, which would hide it");
        }
    }
    if let Some(name) = &file.default_model
        && file.models.get(name).is_none()
    {
        notes.note([&"default_model"], listed());
    }
    if let Some(name) = &file.default_upstream {
        if file.upstreams.get(name).is_none() {
            let names = file.upstreams.names();
            notes.note([&"default_upstream"], format!("expected the name of an upstream: {names}"));
        } else if file.default_model.is_some() {
            notes.note([&"default_upstream"], "expected either this or default_model");
        }
    }
    if file.models.0.is_empty() && file.default_upstream.is_none() {
        notes.note([&"models"], "there is no model: expected models, or default_upstream");
    }
}

impl File {
    /// Whether clients can ask by this name.
    pub fn has_name(&self, name: &str) -> bool {
        self.routes.get(name).is_some() || is_served(self, name)
    }
}

/// Whether there is a model of this name; one that stands for several is none.
pub(super) fn is_served(file: &File, name: &str) -> bool {
    let is_default = file.default_model.is_some() || file.default_upstream.is_some();
    let is_unlisted = is_default && file.routes.get(name).is_none();
    is_unlisted || file.models.get(name).is_some() || file.aliases.get(name).is_some()
}
