//! Every name that a span may hold: what `gen_ai` names are called is in one place, because it changes.
//!
//! They are those of OpenTelemetry's conventions for calls to models, as of 2026
//! (<https://github.com/open-telemetry/semantic-conventions-genai>), and for HTTP; what there is no name for
//! is the gateway's own. `docs/traces.md` has the same as a table; a test compares the two.

pub(crate) const HTTP_METHOD: &str = "http.request.method";
pub(crate) const HTTP_ROUTE: &str = "http.route";
pub(crate) const HTTP_STATUS: &str = "http.response.status_code";
pub(crate) const URL_SCHEME: &str = "url.scheme";
pub(crate) const ERROR: &str = "error.type";
pub(crate) const SERVER_ADDRESS: &str = "server.address";
pub(crate) const SERVER_PORT: &str = "server.port";

pub(crate) const OPERATION: &str = "gen_ai.operation.name";
pub(crate) const PROVIDER: &str = "gen_ai.provider.name";
pub(crate) const MODEL: &str = "gen_ai.request.model";
pub(crate) const STREAM: &str = "gen_ai.request.stream";
pub(crate) const TEMPERATURE: &str = "gen_ai.request.temperature";
pub(crate) const TOP_P: &str = "gen_ai.request.top_p";
pub(crate) const TOP_K: &str = "gen_ai.request.top_k";
pub(crate) const FREQUENCY_PENALTY: &str = "gen_ai.request.frequency_penalty";
pub(crate) const PRESENCE_PENALTY: &str = "gen_ai.request.presence_penalty";
pub(crate) const MAX_TOKENS: &str = "gen_ai.request.max_tokens";
pub(crate) const SEED: &str = "gen_ai.request.seed";
pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(crate) const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
pub(crate) const FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
pub(crate) const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub(crate) const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
pub(crate) const REASONING_TOKENS: &str = "gen_ai.usage.reasoning.output_tokens";
pub(crate) const CACHED_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
pub(crate) const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
pub(crate) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
pub(crate) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";

pub(crate) const REQUEST_ID: &str = "gateway.request_id";
pub(crate) const CODE: &str = "gateway.code";
pub(crate) const CALL: &str = "gateway.call";
pub(crate) const ATTEMPT: &str = "gateway.attempt";
pub(crate) const UPSTREAM: &str = "gateway.upstream";

pub(crate) const COMMIT: &str = "gateway.commit";
pub(crate) const BARRIER: &str = "gateway.barrier";
pub(crate) const FIRST_ANSWER: &str = "gateway.first_answer";
pub(crate) const RETRY: &str = "gateway.retry";
pub(crate) const RESTART: &str = "gateway.restart";
pub(crate) const FAILOVER: &str = "gateway.failover";
pub(crate) const REPEATED: &str = "gateway.repeated";

/// What the server's span may hold.
pub const OF_SERVER: &[&str] =
    &[HTTP_METHOD, HTTP_ROUTE, HTTP_STATUS, URL_SCHEME, ERROR, REQUEST_ID, CODE];

/// What the span of a call may hold.
pub const OF_CALL: &[&str] = &[
    OPERATION,
    PROVIDER,
    MODEL,
    STREAM,
    TEMPERATURE,
    TOP_P,
    TOP_K,
    FREQUENCY_PENALTY,
    PRESENCE_PENALTY,
    MAX_TOKENS,
    SEED,
    RESPONSE_ID,
    RESPONSE_MODEL,
    FINISH_REASONS,
    FIRST_CHUNK,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    CACHED_TOKENS,
    SERVER_ADDRESS,
    SERVER_PORT,
    ERROR,
    CALL,
    ATTEMPT,
    UPSTREAM,
];

/// What it holds beside that with `LOG_CONTENT`.
pub const OF_CONTENT: &[&str] = &[SYSTEM_INSTRUCTIONS, INPUT_MESSAGES, OUTPUT_MESSAGES];

/// What may happen in the server's span.
pub const EVENTS: &[&str] = &[COMMIT, BARRIER, FIRST_ANSWER, RETRY, RESTART, FAILOVER, REPEATED];
