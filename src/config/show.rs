//! Lists the settings: for `check`, and for whoever holds the documents against the code.

use std::fmt::Write as _;

use clap::CommandFactory;

use super::file::routes::{Choice, Strategy};
use super::file::{File, Target};
use super::read::Invocation;
use super::settings::Settings;

/// One setting, as the documents have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub env: String,
    /// The flag, with its dashes.
    pub flag: String,
    /// The default's text, if there is one.
    pub default: Option<String>,
    /// The line of `--help`.
    pub help: String,
    /// Whether the value is never shown.
    pub secret: bool,
    /// What the flag means where it has no value; nothing, if it needs one.
    pub bare: Option<&'static str>,
}

/// Every setting, in the order of `--help`.
pub fn settings() -> Vec<Setting> {
    let command = Settings::command();
    let described = command.get_arguments().filter_map(|arg| {
        let long = arg.get_long().filter(|&long| long != "help" && long != "version")?;
        let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into());
        Some(Setting {
            env: long.to_uppercase().replace('-', "_"),
            flag: format!("--{long}"),
            default,
            help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
            secret: long.ends_with("key")
                || ["redis-url", "otel-exporter-otlp-headers"].contains(&long),
            bare: arg.get_num_args().is_some_and(|it| it.min_values() == 0).then_some("true"),
        })
    });
    described.collect()
}

/// Every setting with its value and where that comes from, a line each.
pub fn check_report(invocation: &Invocation) -> String {
    let mut report = String::new();
    for setting in settings() {
        let (value, origin) = resolve(&setting, invocation);
        let shown = match value {
            None => "(not set)".to_owned(),
            Some(_) if setting.secret => "***".to_owned(),
            Some(value) => value,
        };
        // Writing to a String can't fail.
        let _ = writeln!(report, "{:<24} {shown:<32} # {origin}", setting.env);
    }
    report
}

/// Which of these settings, by their variables, differ between two starts.
pub(super) fn differences(names: &[&str], one: &Invocation, other: &Invocation) -> Vec<String> {
    let known = settings().into_iter().filter(|setting| names.contains(&setting.env.as_str()));
    let differs = |it: &Setting| resolve(it, one).0 != resolve(it, other).0;
    known.filter(differs).map(|setting| setting.env).collect()
}

/// Every upstream and model of a file, a line each.
pub(super) fn file_report(file: &File) -> String {
    let mut report = String::new();
    // Writing to a String can't fail.
    for (name, it) in &file.upstreams.0 {
        let url = it.base_url.as_ref().map_or("-", |url| url.0.as_str());
        let key = if it.key.is_some() { "with a key" } else { "without a key" };
        let _ = writeln!(report, "upstream {name:<15} {url:<32} # {:?}, {key}", it.kind);
    }
    for (name, it) in &file.models.0 {
        let target = |target: &Target| match &target.model {
            Some(model) => format!("{} as {model}", target.upstream),
            None => target.upstream.clone(),
        };
        let targets: Vec<_> = it.targets.iter().map(target).collect();
        let _ = writeln!(report, "model    {name:<15} {}", targets.join(", then "));
    }
    for (alias, name) in &file.aliases.0 {
        let _ = writeln!(report, "alias    {alias:<15} {name}");
    }
    for key in file.keys.iter().flat_map(|keys| &keys.inline) {
        let models = key.models.join(", ");
        let models = if models.is_empty() { "all models" } else { &models };
        let _ = writeln!(report, "key      {:<15} {models}", key.name);
    }
    for (name, choice) in &file.routes.0 {
        let _ = writeln!(report, "route    {name:<15} by {}", choice_report(choice));
    }
    report
}

fn choice_report(choice: &Choice) -> String {
    let size =
        |name, model: Option<&String>| format!("{name} {}", model.map_or("-", String::as_str));
    let strategy = match choice.strategy {
        Strategy::Size => {
            let (simple, medium) = (choice.simple.as_ref(), choice.medium.as_ref());
            let complex = choice.complex.as_ref().map(|it| &it.model);
            let simple = size("simple", simple.map(|it| &it.model));
            let medium = size("medium", medium.map(|it| &it.model));
            return format!("size: {simple}, {medium}, {}", size("complex", complex));
        }
        Strategy::Latency => "latency",
        Strategy::Cost => "cost",
    };
    let models = choice.models.join(", ");
    let models = if models.is_empty() { "all models" } else { &models };
    format!("{strategy}: {models}")
}

fn resolve(setting: &Setting, invocation: &Invocation) -> (Option<String>, &'static str) {
    match invocation.value(setting) {
        Some((value, origin)) => (Some(value), origin),
        None => (setting.default.clone(), "default"),
    }
}
