//! Every setting: its flag, its environment variable, its default, and a line of why.
//!
//! The variable's name is the flag's: `--request-timeout` is `REQUEST_TIMEOUT`. The doc comment is
//! the `--help` line and the `.env.example` line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use reasoning_stream::OnMissingFinal;
use secrecy::SecretString;

use super::collector::{CollectorHeaders, TracesSampler};
use super::key_command::KeyCommand;
use super::values::{
    address, at_least_one, base_url, chars, count, few, filter, limit, model, network,
    non_negative, origin, path, redis_url, seconds, secret, share, up_to_a_million,
};

/// A gateway that gives any reasoning model readable summaries of prompt and reasoning, in order,
/// before its streamed answer.
#[derive(Debug, Clone, Parser)]
#[command(name = "inference-gateway", version, disable_help_subcommand = true)]
#[command(
    after_help = "Each flag has an environment variable: --request-timeout is REQUEST_TIMEOUT. \
    A flag overrules the environment, which overrules the file .env, and that GATEWAY_CONFIG."
)]
pub struct Settings {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, global = true, value_name = "ADDR:PORT", default_value = "127.0.0.1:8000", value_parser = address)]
    pub bind_addr: SocketAddr,

    /// Address and port for metrics alone; without it, they are at `BIND_ADDR`, too.
    #[arg(long, global = true, value_name = "ADDR:PORT", value_parser = address)]
    pub admin_addr: Option<SocketAddr>,

    /// File that lists upstreams and models, YAML or TOML; without it, one upstream serves any model.
    #[arg(long, global = true, value_name = "FILE")]
    pub gateway_config: Option<PathBuf>,

    /// Whether what was asked comes back instead of a model's answer, without any upstream.
    #[arg(long, global = true, value_name = "BOOL", default_value = "false", default_missing_value = "true", num_args = 0..=1, action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub echo: bool,

    /// Base URL of the OpenAI-compatible model server.
    #[arg(long, global = true, value_name = "URL", default_value = "http://localhost:8001", value_parser = base_url)]
    pub upstream_base_url: String,

    /// Path of chat completions, below the base URL.
    #[arg(long, global = true, value_name = "PATH", default_value = "/chat/completions", value_parser = path)]
    pub upstream_path: String,

    /// Key for the model server, sent as `Authorization: Bearer`.
    #[arg(long, global = true, value_name = "KEY", value_parser = secret)]
    pub upstream_api_key: Option<SecretString>,

    /// Whether a Friendli dedicated endpoint that sleeps is woken.
    #[arg(long, global = true, value_name = "BOOL", default_value = "false", value_parser = BoolishValueParser::new(), action = ArgAction::Set)]
    pub upstream_auto_wake: bool,

    /// Base URL of the API that wakes it, with the key for the model server.
    #[arg(long, global = true, value_name = "URL", default_value = "https://api.friendli.ai", value_parser = base_url)]
    pub upstream_management_url: String,

    /// Model that writes the summaries; without it, the request's own model does.
    #[arg(long, global = true, value_name = "MODEL")]
    pub summary_model_default: Option<String>,

    /// Model that writes the summaries when that one fails; without it, none.
    #[arg(long, global = true, value_name = "MODEL")]
    pub summary_model_fallback: Option<String>,

    /// Models that may be asked for, separated by commas; without it, all.
    #[arg(long, global = true, value_name = "MODEL,…", value_delimiter = ',', value_parser = model)]
    pub allow_models: Vec<String>,

    /// Seconds that the upstream may stay silent: to the head, to the first token, between content.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub request_timeout: Duration,

    /// Seconds to open a connection to the upstream, name and TLS included.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub connect_timeout: Duration,

    /// Seconds to the head of the upstream's answer; without it, `REQUEST_TIMEOUT`.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub headers_timeout: Option<Duration>,

    /// Seconds from the head to the first token; without it, `REQUEST_TIMEOUT`.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub first_token_timeout: Option<Duration>,

    /// Seconds between content, where comments and empty deltas are none; without it, `REQUEST_TIMEOUT`.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub idle_timeout: Option<Duration>,

    /// Seconds for a whole request, retries included.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub request_deadline: Duration,

    /// Seconds for one summary, retries included, before the fallback text is used.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub summary_timeout: Duration,

    /// Seconds that an answer waits for summaries; without it, 1.5 with live ones, else `SUMMARY_TIMEOUT`.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub summary_max_stall: Option<Duration>,

    /// Prompt summaries that are kept for the same question; 0 keeps none.
    #[arg(long, global = true, value_name = "COUNT", default_value = "1000", value_parser = up_to_a_million)]
    pub summary_cache: usize,

    /// Whether reasoning is summarised while the model thinks, for requests that do not say.
    #[arg(long, global = true, value_name = "BOOL", default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub summary_live: bool,

    /// How much of a model's reasoning clients may see, at most: a summary, the reasoning itself, or none.
    #[arg(long, global = true, value_name = "summary|raw|none", default_value = "summary")]
    pub reasoning_visibility: ReasoningVisibility,

    /// Whether live summaries are streamed from the summary model, so that their first words show early.
    #[arg(long, global = true, value_name = "BOOL", default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub summary_stream: bool,

    /// Characters of reasoning, up to a paragraph's end, that a line of a live summary is about.
    #[arg(long, global = true, value_name = "CHARS", default_value = "1500", value_parser = chars)]
    pub summary_section_chars: usize,

    /// Seconds of reasoning that a line of a live summary is about, if that is less.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "4", value_parser = seconds)]
    pub summary_section_secs: Duration,

    /// What stands in for a summary of the reasoning: its first sentences, or only how long it took.
    #[arg(long, global = true, value_name = "excerpt|metadata", default_value = "excerpt")]
    pub reasoning_fallback: ReasoningFallback,

    /// Characters of the reasoning that its summary may read; head and tail are kept.
    #[arg(long, global = true, value_name = "CHARS", default_value = "8000", value_parser = chars)]
    pub max_reasoning_chars: usize,

    /// Characters of the prompt that its summary may read; head and tail are kept.
    #[arg(long, global = true, value_name = "CHARS", default_value = "8000", value_parser = chars)]
    pub max_prompt_chars: usize,

    /// Calls for the answer after the first one failed.
    #[arg(long, global = true, value_name = "COUNT", default_value = "3", value_parser = count)]
    pub upstream_max_retries: u32,

    /// Seconds of the first retry's longest wait; it doubles with each further one, up to 8.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "1.0", value_parser = non_negative)]
    pub upstream_retry_backoff: Duration,

    /// Calls for the answer after one whose tokens had begun to flow, while nothing of it was shown.
    #[arg(long, global = true, value_name = "COUNT", default_value = "1", value_parser = count)]
    pub upstream_max_restarts: u32,

    /// Whether the upstream's own reasoning fields are read as reasoning.
    #[arg(long, global = true, value_name = "BOOL", default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub enable_parse_reasoning: bool,

    /// What text after a closed analysis is when no final part follows.
    #[arg(long, global = true, value_name = "reasoning|answer", default_value = "reasoning")]
    pub on_missing_final: OnMissingFinal,

    /// Origins whose web pages may call the gateway, separated by commas, or *; without it, none.
    #[arg(long, global = true, value_name = "ORIGIN,…", value_delimiter = ',', value_parser = origin)]
    pub cors_origins: Vec<String>,

    /// File with the digests of clients' keys, written by `inference-gateway key`; without it, no key is needed.
    #[arg(long, global = true, value_name = "PATH")]
    pub keys_file: Option<PathBuf>,

    /// Redis that all instances share limits, budgets and answers through; without it, each has its own.
    #[arg(long, global = true, value_name = "URL", value_parser = redis_url)]
    pub redis_url: Option<SecretString>,

    /// File with the certificates, in PEM, that a Redis behind `rediss://` is believed by; without it, Mozilla's roots.
    #[arg(long, global = true, value_name = "PATH")]
    pub redis_ca_file: Option<PathBuf>,

    /// Whether keys stand in Redis, which has to keep its data then, and not in a file.
    #[arg(long, global = true, value_name = "BOOL", default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub keys_in_redis: bool,

    /// Whether requests without a key are served, also from other machines and beside keys.
    #[arg(long, global = true, value_name = "BOOL", default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub allow_anonymous: bool,

    /// Networks of proxies whose `X-Forwarded-For` is believed, separated by commas.
    #[arg(long, global = true, value_name = "CIDR,…", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Requests a minute of one key, or of one address without a key; without it, any number.
    #[arg(long, global = true, value_name = "COUNT", value_parser = limit)]
    pub rate_limit_requests: Option<u64>,

    /// Tokens a minute of one key, or of one address without a key; without it, any number.
    #[arg(long, global = true, value_name = "TOKENS", value_parser = limit)]
    pub rate_limit_tokens: Option<u64>,

    /// Answers that one key, or one address without a key, may have open at once; without it, any number.
    #[arg(long, global = true, value_name = "COUNT", value_parser = few)]
    pub rate_limit_concurrency: Option<u32>,

    /// Seconds for which a complete answer at temperature 0 is given again to the same request; without it, never.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub cache_ttl: Option<Duration>,

    /// Bytes of answers that are kept in memory, where there is no Redis.
    #[arg(long, global = true, value_name = "BYTES", default_value = "67108864", value_parser = limit)]
    pub cache_max_bytes: u64,

    /// Tokens that a prompt may have, by an estimate of four characters each; without it, any number.
    #[arg(long, global = true, value_name = "TOKENS", value_parser = limit)]
    pub max_prompt_tokens: Option<u64>,

    /// Whether the playground is served at /.
    #[arg(long, global = true, value_name = "BOOL", default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub playground: bool,

    /// Bytes that a request's body may have.
    #[arg(long, global = true, value_name = "BYTES", default_value = "4194304", value_parser = at_least_one)]
    pub max_body_bytes: usize,

    /// Answers that may be open at once; more are refused with 503.
    #[arg(long, global = true, value_name = "COUNT", default_value = "1000", value_parser = at_least_one)]
    pub max_concurrent_streams: usize,

    /// Connections that may be open at once; more wait to be accepted.
    #[arg(long, global = true, value_name = "COUNT", default_value = "10000", value_parser = at_least_one)]
    pub max_connections: usize,

    /// Seconds that open answers may take to finish once the gateway was told to stop.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "25", value_parser = non_negative)]
    pub shutdown_grace: Duration,

    /// How log lines look; auto is pretty on a terminal and JSON elsewhere.
    #[arg(long, global = true, value_name = "auto|pretty|json", default_value = "auto")]
    pub log_format: LogFormat,

    /// Which log lines are written: error, warn, info, debug, trace, or a filter of `tracing`.
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info", value_parser = filter)]
    pub log_level: String,

    /// Base URL of an OpenTelemetry collector that traces are sent to, over HTTP; without it, there are none.
    #[arg(long, global = true, value_name = "URL", value_parser = base_url)]
    pub otel_exporter_otlp_endpoint: Option<String>,

    /// Headers for the collector, such as a key: NAME=VALUE, separated by commas, values percent-encoded.
    #[arg(long, global = true, value_name = "NAME=VALUE,…")]
    pub otel_exporter_otlp_headers: Option<CollectorHeaders>,

    /// What the gateway is called in traces.
    #[arg(long, global = true, value_name = "NAME", default_value = "inference-gateway")]
    pub otel_service_name: String,

    /// Which traces are sent; those that are `parentbased` follow the caller's decision where there is one.
    #[arg(long, global = true, value_name = "SAMPLER", default_value = "parentbased_always_on")]
    pub otel_traces_sampler: TracesSampler,

    /// Share of the traces that are sent, from 0 to 1, if the sampler is one by `traceidratio`.
    #[arg(long, global = true, value_name = "SHARE", default_value = "1", value_parser = share)]
    pub otel_traces_sampler_arg: f64,

    /// Whether traces hold what was asked, thought and answered, up to 8 KiB of each.
    #[arg(long, global = true, value_name = "BOOL", default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub log_content: bool,

    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do instead of serving.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Print the resolved settings and models, secrets masked, and exit.
    Check {
        /// Whether each upstream and Redis are asked, too.
        #[arg(long)]
        online: bool,
    },
    /// Ask the gateway at `BIND_ADDR` whether it lives: exits with 0 if it does, else with 1.
    Healthcheck,
    /// Make, list and revoke the keys of clients.
    #[command(subcommand)]
    Key(KeyCommand),
    /// About the configuration file.
    Config {
        /// What about it.
        #[command(subcommand)]
        about: ConfigCommand,
    },
}

/// What can be asked about the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Print its JSON schema, which editors use.
    Schema,
}

/// What stands in for a summary of the reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReasoningFallback {
    /// Its first sentences.
    Excerpt,
    /// How long and how much was thought.
    Metadata,
}

/// How much of a model's reasoning is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReasoningVisibility {
    /// A summary.
    Summary,
    /// The reasoning itself, and a summary.
    Raw,
    /// Neither.
    None,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Pretty,
    /// One object a line.
    Json,
}
