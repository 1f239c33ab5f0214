//! The command's arguments: the doc comments are the help.
//!
//! ```text
//!  Args ─┬─ a prompt, files, Friendli   without a command
//!        ├─ Server, Wishes, Looks       with and without
//!        └─ Command                     chat, models, health, completions, man
//! ```

mod friendli;
mod wishes;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use gateway_client::DEFAULT_URL;

use self::friendli::Friendli;
use self::wishes::Wishes;

const EXIT_CODES: &str = "\
A question that is the name of a command goes behind --, as in: gateway-client -- health

Exit codes:
    0  ok
    1  the server or the model reported an error
    2  wrong usage
    3  cannot connect
    6  the answer is incomplete
    7  what came is not what a gateway sends
  130  interrupted";

/// Asks the gateway and prints three sections: what was asked, how the model thought, the answer.
#[derive(Parser)]
#[command(name = "gateway-client", version, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// What to ask; `-` reads it from stdin. Files and piped stdin are added below it.
    #[arg(value_name = "PROMPT", conflicts_with = "message")]
    pub(crate) prompt: Vec<String>,

    /// What to ask, as an option.
    #[arg(short = 'm', long, value_name = "TEXT")]
    pub(crate) message: Option<String>,

    /// A text file to add below the prompt; may be given more than once, and `-` is stdin.
    #[arg(short = 'f', long = "file", value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) server: Server,

    #[command(flatten)]
    pub(crate) wishes: Wishes,

    #[command(flatten)]
    pub(crate) looks: Looks,

    #[command(flatten)]
    pub(crate) friendli: Friendli,
}

/// What to do instead of asking one question.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Ask one question after the other, each with all that was said before.
    Chat(ChatOptions),
    /// List the models that the gateway serves (--json: as it says them).
    Models,
    /// Say whether the gateway takes requests and reaches its upstreams; exit code 1 if not.
    Health,
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
}

/// What is kept of a chat.
#[derive(clap::Args)]
pub(crate) struct ChatOptions {
    /// The file that keeps what was typed, for the arrow keys of later chats; without it, one
    /// among the user's own files of state.
    #[arg(long, env = "GATEWAY_CHAT_HISTORY", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) history: Option<PathBuf>,

    /// Keep nothing of what was typed.
    #[arg(long)]
    pub(crate) no_history: bool,
}

/// Where the gateway is, and how to be let in.
#[derive(clap::Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Server {
    /// The gateway's chat endpoint; a URL without a path means /v1/chat/completions there.
    #[arg(long, env = "GATEWAY_URL", default_value = DEFAULT_URL, global = true)]
    #[arg(value_hint = ValueHint::Url)]
    pub(crate) url: String,

    /// The key that the gateway asks for, sent as a bearer token.
    #[arg(long, env = "GATEWAY_API_KEY", hide_env_values = true, value_name = "KEY")]
    #[arg(global = true)]
    pub(crate) api_key: Option<String>,

    /// Seconds that the whole answer may take.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, global = true)]
    pub(crate) timeout: Option<Duration>,
}

/// What is shown, and how.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Looks {
    /// Print one JSON object at the end.
    #[arg(long, conflicts_with = "events", global = true)]
    pub(crate) json: bool,

    /// Print one line of JSON per event, with its time in milliseconds.
    #[arg(long, global = true)]
    pub(crate) events: bool,

    /// Say at the end, on stderr, when what happened; on a terminal that is so anyway.
    #[arg(long, global = true)]
    pub(crate) timings: bool,

    /// Never say it.
    #[arg(long, conflicts_with = "timings", global = true)]
    pub(crate) no_timings: bool,

    /// Show the request on stderr, keys masked.
    #[arg(long, global = true)]
    pub(crate) debug: bool,

    /// Print the answer as it is, where a terminal would show its Markdown in bold and colours.
    #[arg(long, global = true)]
    pub(crate) plain: bool,

    /// No colours at all (also: the environment variable NO_COLOR).
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

impl Args {
    /// The model to ask: the one that is named, else the dedicated endpoint.
    pub(crate) fn model(&self) -> Option<&str> {
        given(&self.wishes.model).or_else(|| given(&self.friendli.endpoint_id))
    }

    /// What was given beside a command and belongs to a question.
    pub(crate) fn out_of_place(&self) -> Option<&'static str> {
        let given = [
            ("--message", self.message.is_some()),
            ("--file", !self.files.is_empty()),
            ("--wake", self.friendli.wake),
            ("--status", self.friendli.status),
            ("a prompt", !self.prompt.is_empty()),
        ];
        let is_command = self.command.is_some();
        given.into_iter().find(|(_, given)| is_command && *given).map(|(name, _)| name)
    }
}

impl Server {
    /// The gateway's URL; an empty variable is none.
    pub(crate) fn url(&self) -> &str {
        if self.url.is_empty() { DEFAULT_URL } else { &self.url }
    }
}

/// A value that says something: an empty variable is none.
pub(crate) fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|value| !value.is_empty())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let duration = text.parse().ok().and_then(|it| Duration::try_from_secs_f64(it).ok());
    duration.filter(|it| !it.is_zero()).ok_or_else(|| "not a number of seconds above 0".to_owned())
}

#[cfg(test)]
mod tests;
