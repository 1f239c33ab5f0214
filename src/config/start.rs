//! All of the configuration at once: what the process was started with, and the file.

use super::file::File;
use super::load::{keys_file, load};
use super::read::{self, Invocation, NoSettings};
use super::resolve::is_served;
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
    let mut settings = read(&invocation)?;
    let path = settings.gateway_config.clone();
    if let (Some(Command::Key(_)), Some(path)) = (&settings.command, &path)
        && settings.keys_file.is_none()
        && !settings.keys_in_redis
    {
        let named = keys_file(path).map_err(|text| (text, 2))?;
        invocation.file = named.map(|file| ("KEYS_FILE".to_owned(), file)).into_iter().collect();
        settings = read(&invocation)?;
    }
    let reads_file = matches!(settings.command, None | Some(Command::Check { .. }));
    let path = path.as_ref().filter(|_| reads_file);
    let file =
        path.map(|path| load(path, &invocation.env)).transpose().map_err(|text| (text, 2))?;
    if let Some(file) = &file {
        let given = file.settings().map(|(name, value)| (name.to_owned(), value));
        invocation.file = given.collect();
        settings = read(&invocation)?;
        check_summary_models(&settings, file).map_err(|text| (text, 2))?;
    }
    Ok(Configuration { settings, file, invocation })
}

fn read(invocation: &Invocation) -> Result<Settings, (String, u8)> {
    read::read(invocation).map_err(|error| match error {
        NoSettings::Usage(error) => (error.render().to_string(), u8::from(error.use_stderr()) * 2),
        NoSettings::Problems(problems) => {
            let lines = problems.iter().map(|problem| format!("  {problem}\n"));
            (format!("settings that can't be used:\n{}", lines.collect::<String>()), 2)
        }
    })
}

fn check_summary_models(settings: &Settings, file: &File) -> Result<(), String> {
    for (name, model) in [
        ("SUMMARY_MODEL_DEFAULT", &settings.summary_model_default),
        ("SUMMARY_MODEL_FALLBACK", &settings.summary_model_fallback),
    ] {
        if let Some(model) = model
            && !is_served(file, model)
        {
            let names = file.models.names();
            return Err(format!("{name}={model}: expected a model of the file: {names}\n"));
        }
    }
    Ok(())
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
