//! The command's arguments: the doc comments are the help.

use std::time::Duration;

use clap::{Parser, ValueEnum};
use gateway_client::{DEFAULT_URL, Request, friendli};
use serde_json::{Map, Value};

const EXIT_CODES: &str = "\
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
pub(crate) struct Args {
    /// What to ask; `-` reads it from stdin. Piped stdin is added below it.
    #[arg(value_name = "PROMPT", conflicts_with = "message")]
    pub(crate) prompt: Vec<String>,

    /// What to ask, as an option.
    #[arg(short = 'm', long, value_name = "TEXT")]
    pub(crate) message: Option<String>,

    /// The gateway's chat endpoint; a URL without a path means /v1/chat/completions there.
    #[arg(long, env = "GATEWAY_URL", default_value = DEFAULT_URL)]
    pub(crate) url: String,

    /// The model that answers.
    #[arg(long, env = "GATEWAY_MODEL")]
    pub(crate) model: Option<String>,

    /// The model that writes both summaries; without it, the gateway chooses.
    #[arg(long, value_name = "MODEL")]
    pub(crate) summary_model: Option<String>,

    /// A system message, put before the prompt.
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) system: Option<String>,

    /// The key that the gateway asks for, sent as a bearer token.
    #[arg(long, env = "GATEWAY_API_KEY", hide_env_values = true, value_name = "KEY")]
    pub(crate) api_key: Option<String>,

    /// Ask for a summary of the reasoning that grows while the model thinks.
    #[arg(long, conflicts_with = "no_stream")]
    pub(crate) live: bool,

    /// How much of the reasoning to ask for; the gateway's operator may allow less.
    #[arg(long, value_enum, value_name = "HOW_MUCH")]
    pub(crate) reasoning: Option<Reasoning>,

    /// Ask for the whole answer at once.
    #[arg(long)]
    pub(crate) no_stream: bool,

    /// Seconds that the whole answer may take.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// Print one JSON object at the end.
    #[arg(long, conflicts_with = "events")]
    pub(crate) json: bool,

    /// Print one line of JSON per event, with its time in milliseconds.
    #[arg(long)]
    pub(crate) events: bool,

    /// Say at the end, on stderr, when what happened.
    #[arg(long)]
    pub(crate) timings: bool,

    /// Show the request on stderr, keys masked.
    #[arg(long)]
    pub(crate) debug: bool,

    /// No colours (also: the environment variable NO_COLOR).
    #[arg(long)]
    pub(crate) no_color: bool,

    #[command(flatten)]
    pub(crate) friendli: FriendliArgs,

    /// Wake the Friendli Dedicated endpoint first, if it sleeps; without a prompt, do no more.
    #[arg(long, requires = "friendli_endpoint_id")]
    pub(crate) wake: bool,

    /// Only print the Friendli Dedicated endpoint's status; exit code 0 if it serves, 1 if not.
    #[arg(long, requires = "friendli_endpoint_id", conflicts_with_all = ["wake", "prompt", "message"])]
    pub(crate) status: bool,
}

/// How much of the reasoning is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reasoning {
    /// None of it, not even a summary.
    None,
    /// A summary.
    Summary,
    /// A summary, and before it the reasoning itself.
    Raw,
}

/// Which dedicated endpoint, and how long it may take to wake.
#[derive(clap::Args)]
#[command(next_help_heading = "Friendli Dedicated")]
pub(crate) struct FriendliArgs {
    /// The endpoint's id; it is also the model, unless one is named.
    #[arg(long = "friendli-endpoint-id", env = "FRIENDLI_ENDPOINT_ID", value_name = "ID")]
    #[arg(id = "friendli_endpoint_id")]
    pub(crate) endpoint_id: Option<String>,

    /// The team that the endpoint belongs to.
    #[arg(long = "friendli-team", env = "FRIENDLI_TEAM", value_name = "TEAM")]
    pub(crate) team: Option<String>,

    /// The base URL of Friendli's API.
    #[arg(long = "friendli-api", env = "FRIENDLI_API_BASE", default_value = friendli::DEFAULT_API)]
    #[arg(value_name = "URL")]
    pub(crate) api: String,

    /// The token for Friendli's API.
    #[arg(long, env = "UPSTREAM_API_KEY", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) upstream_api_key: Option<String>,

    /// Seconds that waking may take.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub(crate) wake_timeout: Duration,

    /// Seconds between two looks at the endpoint's status.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) wake_interval: Duration,
}

impl Args {
    /// The request that these arguments and the prompt make.
    pub(crate) fn request(&self, prompt: String) -> Request {
        let model = given(&self.model).or_else(|| given(&self.friendli.endpoint_id));
        let request = Request {
            model: model.map(str::to_owned),
            summary_model: given(&self.summary_model).map(str::to_owned),
            ..Request::new(prompt).stream(!self.no_stream)
        };
        let summaries = self.summaries();
        let request =
            if summaries.is_empty() { request } else { request.set("summaries", summaries) };
        match given(&self.system) {
            Some(system) => request.system(system),
            None => request,
        }
    }

    /// What is asked of the summaries; the gateway decides about the rest.
    fn summaries(&self) -> Map<String, Value> {
        let visibility = self.reasoning.map(|reasoning| match reasoning {
            Reasoning::None => "none",
            Reasoning::Summary => "summary",
            Reasoning::Raw => "raw",
        });
        let visibility = visibility.map(|it| ("visibility".to_owned(), it.into()));
        let live = self.live.then(|| ("live".to_owned(), true.into()));
        live.into_iter().chain(visibility).collect()
    }

    /// The gateway's URL; an empty variable is none.
    pub(crate) fn url(&self) -> &str {
        if self.url.is_empty() { DEFAULT_URL } else { &self.url }
    }
}

impl FriendliArgs {
    /// The API's base URL; an empty variable is none.
    pub(crate) fn api(&self) -> &str {
        if self.api.is_empty() { friendli::DEFAULT_API } else { &self.api }
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
mod tests {
    use clap::{CommandFactory, Parser};
    use serde_json::json;

    use super::{Args, seconds};

    fn args(line: &str) -> Args {
        Args::try_parse_from(["gateway-client"].into_iter().chain(line.split_whitespace())).unwrap()
    }

    #[test]
    fn arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn arguments_make_a_request() {
        let user = json!({"role": "user", "content": "hi"});
        let system = json!({"role": "system", "content": "be-brief"});
        for (line, request) in [
            ("--model= --friendli-endpoint-id=", json!({"messages": [user], "stream": true})),
            ("--model a", json!({"model": "a", "messages": [user], "stream": true})),
            ("--friendli-endpoint-id e", json!({"model": "e", "messages": [user], "stream": true})),
            (
                "--friendli-endpoint-id e --model a",
                json!({"model": "a", "messages": [user], "stream": true}),
            ),
            ("--model= --system be-brief", json!({"messages": [system, user], "stream": true})),
            (
                "--model= --summary-model s",
                json!({"messages": [user], "stream": true, "summary_model": "s"}),
            ),
            (
                "--model= --live",
                json!({"messages": [user], "stream": true, "summaries": {"live": true}}),
            ),
            (
                "--model= --reasoning raw --live",
                json!({"messages": [user], "stream": true, "summaries": {"live": true, "visibility": "raw"}}),
            ),
            (
                "--model= --reasoning none",
                json!({"messages": [user], "stream": true, "summaries": {"visibility": "none"}}),
            ),
            ("--model= --no-stream", json!({"messages": [user], "stream": false})),
        ] {
            let made = serde_json::to_value(args(line).request("hi".to_owned())).unwrap();
            assert_eq!(made, request, "{line}");
        }
    }

    #[test]
    fn refuses_contradictions() {
        for line in [
            "--message a b",
            "--live --no-stream",
            "--json --events",
            "--status --wake --friendli-endpoint-id e",
        ] {
            let words = ["gateway-client"].into_iter().chain(line.split_whitespace());
            assert!(Args::try_parse_from(words).is_err(), "{line}");
        }
    }

    #[test]
    fn reads_seconds() {
        for (text, millis) in [
            ("1", Some(1000)),
            ("0.25", Some(250)),
            ("0", None),
            ("-1", None),
            ("NaN", None),
            ("x", None),
            ("1e30", None),
        ] {
            assert_eq!(seconds(text).ok().map(|it| it.as_millis()), millis, "{text}");
        }
    }
}
