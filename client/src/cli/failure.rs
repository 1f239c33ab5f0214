//! What went wrong, for a person: what, where, and what to do next.

use std::fmt::Write;
use std::io;

use gateway_client::friendli::WakeError;
use gateway_client::{Error, Problem};

use super::clean;
use super::exit::Exit;

/// Why the command can't go on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was asked at all: this says how to.
    Help(String),
    /// The command was called in a wrong way.
    Usage(String),
    /// There is no answer, or only part of one.
    Gateway(Error),
    /// The endpoint does not serve.
    Endpoint(WakeError),
    /// Nothing can be read from stdin, or written to stdout.
    Pipe(io::Error),
    /// Ctrl-C.
    Interrupted,
}

impl Failure {
    /// The exit code that stands for it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Help(_) | Self::Usage(_) => Exit::Usage,
            Self::Gateway(error) | Self::Endpoint(WakeError::Api(error)) => exit(error),
            Self::Endpoint(WakeError::Refused(_) | WakeError::Late { .. }) => Exit::Error,
            Self::Pipe(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
            Self::Pipe(_) => Exit::Error,
            Self::Interrupted => Exit::Interrupted,
        }
    }

    /// What happened; nothing if whoever caused it knows.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::Help(_) | Self::Interrupted => None,
            Self::Usage(message) => Some(message.clone()),
            Self::Gateway(error) | Self::Endpoint(WakeError::Api(error)) => Some(explained(error)),
            Self::Endpoint(error) => Some(clean::line(&error.to_string())),
            Self::Pipe(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Pipe(error) => Some(format!("input or output failed: {error}")),
        }
    }

    /// What to do next, where that can be told.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Gateway(error) => gateway_hint(error),
            Self::Endpoint(WakeError::Api(Error::Refused(problem))) => endpoint_hint(problem),
            Self::Endpoint(WakeError::Late { .. }) => {
                Some("It may still be starting. Allow more time with --wake-timeout.".to_owned())
            }
            Self::Usage(_) => Some("Try: gateway-client --help".to_owned()),
            Self::Help(_) | Self::Endpoint(_) | Self::Pipe(_) | Self::Interrupted => None,
        }
    }
}

fn exit(error: &Error) -> Exit {
    match error {
        Error::Url { .. } | Error::Key => Exit::Usage,
        Error::Connect { .. } => Exit::Connect,
        Error::Setup(_) | Error::Refused(_) => Exit::Error,
        Error::Protocol(_) | Error::Disorder(_) => Exit::Disorder,
        Error::Incomplete | Error::Broken(_) | Error::Silent(_) | Error::Late(_) => {
            Exit::Incomplete
        }
    }
}

/// The error's own message; a refusal also lists what is wrong, and the id to ask about.
fn explained(error: &Error) -> String {
    let mut text = clean::line(&error.to_string());
    let Error::Refused(problem) = error else { return text };
    for wrong in &problem.errors {
        // Writing to a String can't fail.
        let _ = write!(text, "\n  {}: {}", clean::line(&wrong.field), clean::line(&wrong.message));
    }
    for (name, value) in [("code", &problem.code), ("request id", &problem.request_id)] {
        if let Some(value) = value {
            let _ = write!(text, "\n  ({name} {})", clean::line(value));
        }
    }
    text
}

fn gateway_hint(error: &Error) -> Option<String> {
    let hint = match error {
        Error::Url { url, .. } if !url.contains("://") => {
            format!("Did you mean http://{} ?", clean::line(url))
        }
        Error::Connect { .. } => "Is the gateway running? Try: make demo".to_owned(),
        Error::Refused(problem) => return refusal_hint(problem),
        Error::Protocol(_) => "Is --url the gateway's /v1/chat/completions?".to_owned(),
        Error::Disorder(disorder) if disorder.allowed.ends_with("summary.reasoning") => {
            "If this gateway shows no reasoning at all, add --reasoning none.".to_owned()
        }
        Error::Late(_) => "Allow more time with --timeout.".to_owned(),
        Error::Url { .. }
        | Error::Key
        | Error::Setup(_)
        | Error::Disorder(_)
        | Error::Incomplete
        | Error::Broken(_)
        | Error::Silent(_) => return None,
    };
    Some(hint)
}

fn refusal_hint(problem: &Problem) -> Option<String> {
    let wants_model = problem.errors.iter().any(|wrong| wrong.field == "model");
    match problem.status {
        401 | 403 => Some("Give the gateway's key with --api-key or GATEWAY_API_KEY.".to_owned()),
        404 | 405 => Some("Is --url the gateway's /v1/chat/completions?".to_owned()),
        422 if wants_model => {
            Some("Name a model with --model or GATEWAY_MODEL; in a chat, with /model.".to_owned())
        }
        _ => problem.retry_after.as_deref().map(|after| {
            format!("The server asks to come back later (Retry-After: {}).", clean::line(after))
        }),
    }
}

fn endpoint_hint(problem: &Problem) -> Option<String> {
    match problem.status {
        401 | 403 => Some("Give a Friendli token in UPSTREAM_API_KEY.".to_owned()),
        404 => Some("Is the endpoint's id right? See --friendli-endpoint-id.".to_owned()),
        _ => None,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Gateway(error)
    }
}

impl From<WakeError> for Failure {
    fn from(error: WakeError) -> Self {
        Self::Endpoint(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Pipe(error)
    }
}

#[cfg(test)]
mod tests;
