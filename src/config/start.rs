//! All of the configuration at once: what the process was started with, and the file.

use std::collections::HashMap;
use std::path::Path;

use super::file::File;
use super::load::{Found, about_keys, load};
use super::read::{self, Invocation, NoSettings, Problem};
use super::resolve::writers;
use super::settings::{Command, Settings};
use super::show;

/// Settings that hold until the next start: sockets, the edge, the log, and where keys and counts are
/// kept.
pub const HELD: [&str; 24] = [
    "BIND_ADDR",
    "ADMIN_ADDR",
    "GATEWAY_CONFIG",
    "ALLOW_MODELS",
    "REASONING_VISIBILITY",
    "CORS_ORIGINS",
    "KEYS_FILE",
    "KEYS_IN_REDIS",
    "REDIS_URL",
    "REDIS_CA_FILE",
    "TRUSTED_PROXIES",
    "PLAYGROUND",
    "MAX_BODY_BYTES",
    "MAX_CONCURRENT_STREAMS",
    "MAX_CONNECTIONS",
    "SHUTDOWN_GRACE",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "LOG_CONTENT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
];

/// All of the configuration.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The settings.
    pub settings: Settings,
    /// The configuration file, if there is one.
    pub file: Option<File>,
    invocation: Invocation,
}

/// The process's own configuration, as it is at this moment.
///
/// # Errors
/// What can't be used, as text for a person, with the exit code; `--help` and `--version` are "errors"
/// with code 0.
pub fn configuration() -> Result<Configuration, (String, u8)> {
    let invocation = read::environment().map_err(|error| (format!("{error}\n"), 2))?;
    of(invocation)
}

fn of(mut invocation: Invocation) -> Result<Configuration, (String, u8)> {
    let read = read::read(&invocation);
    let reads_file = match &read {
        Ok(settings) => matches!(settings.command, None | Some(Command::Check { .. })),
        Err(NoSettings::Problems(_)) => invocation.reads_file(),
        Err(NoSettings::Usage(_)) => false,
    };
    let Some(path) = invocation.of_variable("GATEWAY_CONFIG").filter(|_| reads_file) else {
        return without_models(read.map_err(told)?, invocation);
    };
    let Found { file, mut mistakes, has_names } = load(Path::new(&path), &invocation.env);
    invocation.file = given(&file);
    let (settings, mut problems) = match read::read(&invocation) {
        Ok(settings) => (Some(settings), vec![]),
        Err(NoSettings::Problems(problems)) => (None, problems),
        Err(usage) => return Err(told(usage)),
    };
    if has_names {
        problems.extend(summary_models(&invocation, &file));
    }
    if let (Some(settings), true, true) = (settings, problems.is_empty(), mistakes.is_empty()) {
        return Ok(Configuration { settings, file: Some(file), invocation });
    }
    mistakes.insert_str(0, &lines(&problems));
    Err((mistakes, 2))
}

/// The configuration of a command that asks no model: of the file, it needs what that says of keys.
fn without_models(
    settings: Settings,
    mut invocation: Invocation,
) -> Result<Configuration, (String, u8)> {
    let is_about_keys = matches!(settings.command, Some(Command::Key(_)));
    let path = settings.gateway_config.as_ref().filter(|_| is_about_keys);
    let Some(path) = path else { return Ok(Configuration { settings, file: None, invocation }) };
    let file = about_keys(path);
    if settings.keys_file.is_some() || settings.keys_in_redis {
        return Ok(Configuration { settings, file: file.ok(), invocation });
    }
    let file = file.map_err(|text| (text, 2))?;
    let named = file.keys.as_ref().and_then(|keys| keys.file.clone());
    invocation.file = named.map(|file| ("KEYS_FILE".to_owned(), file)).into_iter().collect();
    let settings = read::read(&invocation).map_err(told)?;
    Ok(Configuration { settings, file: Some(file), invocation })
}

/// What a file says of settings, by their variables.
fn given(file: &File) -> HashMap<String, String> {
    file.settings().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn told(error: NoSettings) -> (String, u8) {
    match error {
        NoSettings::Usage(error) => (error.render().to_string(), u8::from(error.use_stderr()) * 2),
        NoSettings::Problems(problems) => (lines(&problems), 2),
    }
}

fn lines(problems: &[Problem]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let lines = problems.iter().map(|problem| format!("  {problem}\n"));
    format!("settings that can't be used:\n{}", lines.collect::<String>())
}

/// The models for summaries that the file does not have, or that show what others think.
fn summary_models(invocation: &Invocation, file: &File) -> Vec<Problem> {
    let problem = |name: &str| {
        let value = invocation.of_variable(name)?;
        let expected = writers::mistake(file, name, &value)?;
        Some(Problem { name: name.to_owned(), value, expected })
    };
    ["SUMMARY_MODEL_DEFAULT", "SUMMARY_MODEL_FALLBACK"].into_iter().filter_map(problem).collect()
}

impl Configuration {
    /// Every setting and every model, a line each, without secrets.
    pub fn report(&self) -> String {
        let mut report = show::check_report(&self.invocation);
        if let Some(file) = &self.file {
            report.push_str(&show::file_report(file));
        }
        report
    }

    /// The settings that are others than those which the gateway was started with, and wait for the
    /// next start.
    pub fn held_back(&self, started: &Self) -> Vec<String> {
        show::differences(&HELD, &self.invocation, &started.invocation)
    }
}

#[cfg(test)]
mod tests {
    use super::HELD;
    use crate::config::show::settings;

    #[test]
    fn what_holds_until_the_next_start_are_settings() {
        let known: Vec<String> = settings().into_iter().map(|setting| setting.env).collect();
        for name in HELD {
            assert!(known.iter().any(|known| known == name), "{name}");
        }
    }
}
