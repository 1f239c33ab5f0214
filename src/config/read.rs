//! Puts flags, environment and `.env` together, and finds every wrong value at once.

use std::collections::HashMap;
use std::error::Error as _;
use std::ffi::OsString;
use std::fmt;

use clap::error::ErrorKind;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};

use super::settings::Settings;
use super::show::{Setting, settings};

/// What the process was started with.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// The arguments, program name first.
    pub args: Vec<String>,
    /// The environment; what `.env` says stands in it unless the environment says otherwise.
    pub env: HashMap<String, String>,
    /// What the configuration file says of settings, by their variables.
    pub file: HashMap<String, String>,
}

impl Invocation {
    /// A setting's value, without its default, and where it comes from.
    pub(super) fn value(&self, setting: &Setting) -> Option<(String, &'static str)> {
        let variable = |from: &HashMap<String, String>| {
            let value = from.get(&setting.env).map(|value| value.trim())?;
            Some(value.to_owned()).filter(|value| !value.is_empty())
        };
        let flag = self.flag(setting).map(|value| (value, "flag"));
        let env = || variable(&self.env).map(|value| (value, "environment or .env"));
        let file = || variable(&self.file).map(|value| (value, "file"));
        flag.or_else(env).or_else(file)
    }

    /// The value of the setting that a variable names, without its default.
    pub(super) fn of_variable(&self, name: &str) -> Option<String> {
        let setting = settings().into_iter().find(|setting| setting.env == name)?;
        self.value(&setting).map(|(value, _)| value)
    }

    /// Whether the arguments ask for what reads the configuration file: no command, or its check. They
    /// need not make sense otherwise.
    pub(super) fn reads_file(&self) -> bool {
        let command = Settings::command();
        let named = self.args.iter().skip(1).find_map(|arg| command.find_subcommand(arg));
        named.is_none_or(|command| command.get_name() == "check")
    }

    /// The arguments, where a flag that needs no value has it in the same word: else it would take
    /// the command that follows for its value.
    fn arguments(&self) -> Vec<String> {
        let bare: Vec<Setting> = settings().into_iter().filter(|it| it.bare.is_some()).collect();
        let mut arguments: Vec<String> = Vec::with_capacity(self.args.len());
        let mut rest = self.args.iter().peekable();
        while let Some(arg) = rest.next() {
            let setting = bare.iter().find(|setting| setting.flag == *arg);
            let Some(value) = setting.and_then(|setting| setting.bare) else {
                arguments.push(arg.clone());
                continue;
            };
            let own = rest.next_if(|next| !stands_alone(next));
            arguments.push(format!("{arg}={}", own.map_or(value, String::as_str)));
        }
        arguments
    }

    /// The value that the arguments give a flag.
    pub(super) fn flag(&self, setting: &Setting) -> Option<String> {
        let arguments = self.arguments();
        let mut args = arguments.iter().skip(1);
        let mut value = None;
        while let Some(arg) = args.next() {
            match arg.strip_prefix(&setting.flag) {
                Some("") => value = Some(args.next().cloned().unwrap_or_default()),
                Some(rest) if rest.starts_with('=') => value = Some(rest[1..].to_owned()),
                _ => {}
            }
        }
        value
    }
}

/// Whether an argument names something to do, or is another flag: it is no flag's value then.
fn stands_alone(arg: &str) -> bool {
    arg.starts_with('-') || Settings::command().find_subcommand(arg).is_some()
}

/// One setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The environment variable, or the flag.
    pub name: String,
    /// What came; a secret is masked.
    pub value: String,
    /// What was expected.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}: {}", self.name, self.value, self.expected)
    }
}

/// Why there are no settings.
#[derive(Debug)]
pub enum NoSettings {
    /// `--help`, `--version`, or arguments that make no sense: the text to print, and the exit code.
    Usage(clap::Error),
    /// Values that can't be used, all of them.
    Problems(Vec<Problem>),
}

/// The process's own arguments, environment and `.env`.
///
/// # Errors
/// When `.env` is there and can't be read; the line says why.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn environment() -> Result<Invocation, String> {
    let args = std::env::args_os().map(text).collect();
    let mut env = dot_env()?;
    env.extend(std::env::vars_os().map(|(name, value)| (text(name), text(value))));
    Ok(Invocation { args, env, file: HashMap::new() })
}

fn text(value: OsString) -> String {
    value.into_string().unwrap_or_else(|value| value.to_string_lossy().into_owned())
}

fn dot_env() -> Result<HashMap<String, String>, String> {
    match dotenvy::from_path_iter(".env") {
        Ok(lines) => lines.collect::<Result<_, _>>().map_err(|error| dot_env_error(&error)),
        Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(HashMap::new())
        }
        Err(error) => Err(dot_env_error(&error)),
    }
}

/// The line itself is left out: it may hold a key.
fn dot_env_error(error: &dotenvy::Error) -> String {
    if let dotenvy::Error::LineParse(_, at) = error {
        format!(".env: a line can't be read (at character {at} of it): expected NAME=value")
    } else if let dotenvy::Error::Io(error) = error {
        format!(".env can't be read: {error}")
    } else {
        ".env can't be read".to_owned()
    }
}

/// The settings of an invocation: flags first, then the environment, the file, and defaults.
///
/// # Errors
/// Every value that can't be used, or what clap has to say.
pub fn read(invocation: &Invocation) -> Result<Settings, NoSettings> {
    let given: Vec<(Setting, String)> = settings()
        .into_iter()
        .filter_map(|setting| {
            let (value, _) = invocation.value(&setting)?;
            invocation.flag(&setting).is_none().then_some((setting, value))
        })
        .collect();
    let problems: Vec<Problem> =
        given.iter().filter_map(|(setting, value)| problem(setting, value)).collect();
    let from_flags = Settings::try_parse_from(invocation.arguments());
    match from_flags {
        Err(error) if !error.use_stderr() => Err(NoSettings::Usage(error)),
        Err(error) if problems.is_empty() && !is_about_a_value(&error) => {
            Err(NoSettings::Usage(error))
        }
        Err(error) => Err(NoSettings::Problems(with_flags(problems, invocation, &error))),
        Ok(_) if !problems.is_empty() => Err(NoSettings::Problems(problems)),
        Ok(_) => merge(invocation, &given),
    }
}

/// The environment's and the file's values, where no flag overrules them, become flags too.
fn merge(invocation: &Invocation, given: &[(Setting, String)]) -> Result<Settings, NoSettings> {
    let arguments = invocation.arguments();
    let program = arguments.first().map_or("inference-gateway", String::as_str);
    let from_env = given.iter().map(|(setting, value)| format!("{}={value}", setting.flag));
    let args = std::iter::once(program.to_owned())
        .chain(from_env)
        .chain(arguments.iter().skip(1).cloned());
    Settings::try_parse_from(args).map_err(NoSettings::Usage)
}

/// What is wrong with one value of the environment.
fn problem(setting: &Setting, value: &str) -> Option<Problem> {
    let args = ["inference-gateway".to_owned(), format!("{}={value}", setting.flag)];
    let error = Settings::try_parse_from(args).err()?;
    let value = shown(Some(setting), value);
    Some(Problem { name: setting.env.clone(), value, expected: expected(&error) })
}

/// Adds the flags whose values are wrong; clap has told the first one.
fn with_flags(
    mut problems: Vec<Problem>,
    invocation: &Invocation,
    error: &clap::Error,
) -> Vec<Problem> {
    let before = problems.len();
    problems.extend(settings().iter().filter_map(|setting| {
        let found = problem(setting, &invocation.flag(setting)?)?;
        Some(Problem { name: setting.flag.clone(), ..found })
    }));
    if problems.len() > before { problems } else { with_flag(problems, error) }
}

fn with_flag(mut problems: Vec<Problem>, error: &clap::Error) -> Vec<Problem> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let flag = context(ContextKind::InvalidArg).split(' ').next().unwrap_or_default();
    let setting = settings().into_iter().find(|setting| setting.flag == flag);
    problems.push(Problem {
        name: flag.to_owned(),
        value: shown(setting.as_ref(), context(ContextKind::InvalidValue)),
        expected: expected(error),
    });
    problems
}

/// Whether clap's own message would quote a value, which may be a secret.
fn is_about_a_value(error: &clap::Error) -> bool {
    matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue)
}

/// A value without the secrets in it: a key, or the user of a URL.
fn shown(setting: Option<&Setting>, value: &str) -> String {
    if setting.is_some_and(|setting| setting.secret) {
        return "***".to_owned();
    }
    match value.split_once("://").map(|(scheme, rest)| (scheme, rest.rsplit_once('@'))) {
        Some((scheme, Some((_, host)))) => format!("{scheme}://***@{host}"),
        _ => value.to_owned(),
    }
}

/// clap's own words, or those of the value's reader.
fn expected(error: &clap::Error) -> String {
    match (error.source(), error.kind()) {
        (Some(cause), _) => cause.to_string(),
        (None, ErrorKind::InvalidValue) => format!("expected one of {}", valid_values(error)),
        (None, kind) => kind.to_string(),
    }
}

fn valid_values(error: &clap::Error) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.join(", "),
        _ => String::new(),
    }
}
