//! Which room may import which, and which room alone may know a crate.
//!
//! ```text
//!  http ──▶ relay ──▶ upstream ─┐
//!             └─────▶ store ────┴──▶ policy      config, policy, metrics and traces import no room
//!  http, relay, store ──▶ metrics                 http, relay ──▶ traces
//! ```
//!
//! A room is a file or a folder right below `src`, and has its own small struct that it is
//! configured by. `app` fills these from `config`, and builds the parts, all but `http`; `main`,
//! `banner`, `check`, `descriptors` and `reload` are the program around them.

use super::source::Source;

/// Each room, and the rooms that it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("http", &["relay", "policy", "metrics", "traces"]),
    ("relay", &["upstream", "store", "policy", "metrics", "traces"]),
    ("upstream", &["policy"]),
    ("store", &["policy", "metrics"]),
    ("policy", &[]),
    ("metrics", &[]),
    ("traces", &[]),
    ("config", &[]),
    ("app", &["relay", "upstream", "store", "policy", "metrics", "traces", "config"]),
    ("banner", &["config"]),
    ("check", &["config", "app"]),
    ("descriptors", &[]),
    ("healthcheck", &[]),
    ("key_command", &["config", "store", "app"]),
    ("reload", &["relay", "config", "app"]),
    (
        "lib",
        &["http", "relay", "upstream", "store", "policy", "metrics", "traces", "config", "app"],
    ),
    (
        "main",
        &[
            "http",
            "relay",
            "upstream",
            "store",
            "policy",
            "metrics",
            "traces",
            "config",
            "app",
            "banner",
            "check",
            "descriptors",
            "healthcheck",
            "key_command",
            "reload",
        ],
    ),
];

/// What only one place below `src` may name: the words in their order, and the place.
const SECRETS: &[(&[&str], &str)] = &[
    (&["axum"], "src/http"),
    (&["hyper_util", "::", "client"], "src/upstream/client.rs"),
    (&["hyper_rustls"], "src/upstream/client.rs"),
    (&["redis"], "src/store/redis.rs"),
    (&["prefetch_index"], "src/relay/prefetch.rs"),
    (&["rustix"], "src/descriptors.rs"),
    (&["opentelemetry"], "src/traces/otlp"),
    (&["opentelemetry_sdk"], "src/traces/otlp"),
    (&["opentelemetry_otlp"], "src/traces/otlp"),
    (&["dotenvy"], "src/config"),
    (&["env", "::", "var"], "src/config"),
    (&["env", "::", "var_os"], "src/config"),
    (&["env", "::", "vars"], "src/config"),
    (&["env", "::", "vars_os"], "src/config"),
];

/// The lines of a file below `src` that import a room which its own may not import.
pub(crate) fn imports_follow_the_picture(source: &Source) -> Vec<usize> {
    let Some(room) = room(&source.path) else { return vec![] };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else { return vec![1] };
    let imports = imports(source).into_iter();
    imports
        .filter(|(name, _)| is_room(name) && name != room && !allowed.contains(&name.as_str()))
        .map(|(_, line)| line)
        .collect()
}

/// The lines of a file below `src` that name a crate or a facility which is another place's own.
pub(crate) fn keeps_to_its_crates(source: &Source) -> Vec<usize> {
    if room(&source.path).is_none() {
        return vec![];
    }
    let foreign = SECRETS.iter().filter(|(_, place)| !is_within(&source.path, place));
    let mut lines: Vec<usize> = foreign
        .flat_map(|(words, _)| {
            source.find(words).into_iter().filter(|at| names_a_crate(source, *at))
        })
        .map(|at| source.tokens[at].line)
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// A module or a field may be called like a crate: only a path from it, or its import, uses it.
fn names_a_crate(source: &Source, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| source.tokens[before].text.as_str());
    let after = source.tokens.get(at + 1).map_or("", |after| after.text.as_str());
    !matches!(before, "." | "mod")
        && (after == "::" || before == "use" || before == "::")
        && !(before == "::" && matches!(root(source, at), "crate" | "self" | "super"))
}

/// The first word of the path that a token stands in.
fn root(source: &Source, mut at: usize) -> &str {
    while at >= 2 && source.tokens[at - 1].is("::") && source.tokens[at - 2].is_word() {
        at -= 2;
    }
    &source.tokens[at].text
}

/// The room that a path stands in; none outside `src`.
fn room(path: &str) -> Option<&str> {
    let below = path.strip_prefix("src/")?;
    Some(below.split('/').next().unwrap_or(below).trim_end_matches(".rs"))
}

fn is_room(name: &str) -> bool {
    ROOMS.iter().any(|(room, _)| *room == name)
}

fn is_within(path: &str, place: &str) -> bool {
    path == place || path == format!("{place}.rs") || path.starts_with(&format!("{place}/"))
}

/// The names right below the root of the crate that a file uses, each with its line.
fn imports(source: &Source) -> Vec<(String, usize)> {
    let roots = [["crate", "::"], ["inference_gateway", "::"]];
    let from_root = roots.iter().flat_map(|root| source.find(root)).map(|at| at + 2);
    let climb: Vec<&str> = ["super", "::"].repeat(depth(&source.path));
    let climbed = source.find(&climb).into_iter().map(|at| at + climb.len());
    from_root.chain(climbed).flat_map(|at| heads(source, at)).collect()
}

/// How many modules stand between a file and the root of the crate, its own included.
fn depth(path: &str) -> usize {
    let parts = path.split('/').filter(|part| !matches!(*part, "src" | "mod.rs"));
    parts.count()
}

/// The first names of the tree that begins at this token: one, or those of a `{…}`.
fn heads(source: &Source, at: usize) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut at_head = true;
    for token in &source.tokens[at..] {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," => at_head = depth == 1,
            _ if at_head => {
                found.push((token.text.clone(), token.line));
                at_head = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

#[test]
fn sees_imports_against_the_picture() {
    for (path, text, expected) in [
        ("src/http/chat.rs", "use crate::relay::Relay;", &[][..]),
        ("src/http/chat.rs", "use crate::upstream::Error;", &[1]),
        ("src/http/chat.rs", "use crate::app::A;\nuse crate::config::B;", &[1, 2]),
        ("src/http/chat.rs", "\nuse crate::{http::A, relay::{B, upstream},\nupstream::C};", &[3]),
        ("src/http/chat.rs", "use super::super::upstream::Error;", &[1]),
        ("src/http/chat.rs", "fn a() -> crate::upstream::Error {}", &[1]),
        ("src/http.rs", "use super::upstream;", &[1]),
        ("src/relay/race.rs", "use super::upstream::Call;", &[]),
        ("src/relay/race.rs", "use crate::{policy::A, upstream::B, store::C};", &[]),
        ("src/relay/race.rs", "use crate::http::Body;", &[1]),
        ("src/upstream/openai.rs", "use crate::relay::A;", &[1]),
        ("src/policy/retry.rs", "use crate::policy::Breaker;", &[]),
        ("src/policy/retry.rs", "use crate::config::A;", &[1]),
        ("src/config/mod.rs", "use crate::policy::A;", &[1]),
        ("src/cellar/a.rs", "", &[1]),
        ("src/main.rs", "use crate::http;", &[]),
        ("src/banner.rs", "use inference_gateway::{config::A, http::B};", &[1]),
        ("client/src/main.rs", "use crate::upstream;", &[]),
    ] {
        let got = imports_follow_the_picture(&Source::new(path, text));
        assert_eq!(got, expected, "{path}: {text}");
    }
}

#[test]
fn sees_crates_out_of_their_place() {
    for (path, text, expected) in [
        ("src/http/chat.rs", "use axum::Json;", &[][..]),
        ("src/http.rs", "use axum::Json;", &[]),
        ("src/app.rs", "use axum::Router;", &[1]),
        ("src/app.rs", "fn a(b: axum::Router) {} // axum::Router", &[1]),
        ("src/upstream/client.rs", "use hyper_util::client::legacy;", &[]),
        ("src/upstream/openai.rs", "\nuse hyper_util::client;", &[2]),
        ("src/upstream/openai.rs", "use hyper_rustls::HttpsConnector;", &[1]),
        ("src/http/serve.rs", "use hyper_util::rt::TokioTimer;", &[]),
        ("src/store/mod.rs", "mod redis; pub(crate) fn a() { self::redis::b(); self.redis }", &[]),
        ("src/app.rs", "use crate::store::redis::Redis;", &[]),
        ("src/app.rs", "use ::redis::Client;", &[1]),
        ("src/app.rs", "fn a() { futures::redis::b() }", &[1]),
        ("src/main.rs", "std::env::var(\"A\"); std::env::args();", &[1]),
        ("src/config/mod.rs", "std::env::var(\"A\");", &[]),
        ("client/src/main.rs", "use axum::Json;", &[]),
    ] {
        assert_eq!(keeps_to_its_crates(&Source::new(path, text)), expected, "{path}: {text}");
    }
}
