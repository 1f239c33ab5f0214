//! What is told about the gateway itself: its models, its health, and its problems.
#![expect(dead_code, reason = "described, and never made: handlers write them member by member")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::errors::ErrorCode;
use super::events::OpenAiError;
use super::words;

/// The models that may be asked for.
#[derive(ToSchema)]
pub(super) struct ModelList {
    #[schema(schema_with = words::list)]
    object: String,
    /// The models, in the order of the settings.
    data: Vec<Model>,
}

/// A model.
#[derive(ToSchema)]
pub(super) struct Model {
    /// The name that requests use.
    id: String,
    #[schema(schema_with = words::model)]
    object: String,
    /// Always 0: nobody says.
    created: u64,
    /// Always `upstream`.
    owned_by: String,
    /// How the model marks its reasoning; `auto`: as it comes.
    capability: String,
    /// Whether its server tells reasoning and answer apart by itself; left out where it does not say.
    #[schema(required = false)]
    reasoning_separable: bool,
}

/// The process lives.
#[derive(ToSchema)]
pub(super) struct Liveness {
    /// Always `ok`: what does not live does not answer.
    status: LivenessStatus,
    #[schema(schema_with = words::gateway)]
    scope: String,
}

/// Always `ok`.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum LivenessStatus {
    Ok,
}

/// Whether the gateway may take traffic.
#[derive(ToSchema)]
pub(super) struct Readiness {
    /// `ready`, or `draining`: then no new request is taken.
    status: ReadinessStatus,
    #[schema(schema_with = words::gateway)]
    scope: String,
}

/// `draining`: it ends what is open, and takes nothing more.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReadinessStatus {
    Ready,
    Draining,
}

/// Whether the upstreams can be reached.
#[derive(ToSchema)]
pub(super) struct UpstreamHealth {
    /// `ok` where all upstreams can be reached, else `degraded`.
    status: UpstreamStatus,
    /// Whether any of them can be reached.
    upstream: bool,
    /// What a look at the only upstream found.
    #[schema(required = false)]
    detail: ServerHealth,
    /// What a look at each of several upstreams found, by the upstream's name.
    #[schema(required = false)]
    upstreams: BTreeMap<String, ServerHealth>,
}

/// `ok`: all of them can be reached.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum UpstreamStatus {
    Ok,
    Degraded,
}

/// What a look at one upstream found.
#[derive(ToSchema)]
pub(super) struct ServerHealth {
    /// It answered, and not with a server error.
    reachable: bool,
    /// The status it answered with; left out where it did not.
    #[schema(required = false)]
    status: u16,
    /// How long that took, in milliseconds.
    took_ms: u64,
    /// Why it can't be reached, in a few words.
    #[schema(required = false)]
    detail: String,
}

/// An error: problem details (RFC 9457), and OpenAI's error object in the same body.
#[derive(ToSchema)]
pub(super) struct Problem {
    /// `urn:inference-gateway:problem:` and the code.
    r#type: String,
    /// What is wrong, in a few words.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// One sentence for a person.
    detail: String,
    /// The path that was asked.
    instance: String,
    /// The request's id, as in `X-Request-Id`.
    request_id: String,
    code: ErrorCode,
    /// The same error, as OpenAI's SDKs read it.
    error: OpenAiError,
    /// Every wrong member, at most 64; with `invalid_request` alone.
    #[schema(required = false)]
    errors: Vec<WrongMember>,
}

/// A member that does not hold what it should.
#[derive(ToSchema)]
pub(super) struct WrongMember {
    /// Where it is, such as `messages[1].role`.
    field: String,
    /// What was expected, and what came.
    message: String,
}
