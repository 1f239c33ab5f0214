//! What a configuration file may hold: model servers, models, and where each model is served.
//!
//! The doc comments are the words of the JSON schema, which editors show.

pub mod common;
pub mod entries;
pub mod keys;
pub mod kind;
pub mod offer;
pub mod routes;
pub mod values;

use reasoning_stream::{Capability, OnMissingFinal};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::common::{Cache, Common};
use self::entries::Entries;
use self::keys::Keys;
use self::kind::{Kind, Template};
use self::offer::{Feature, Price};
use self::routes::Choice;
use self::values::{BaseUrl, Count, Path, Seconds};
use super::settings::ReasoningVisibility;

/// Model servers, the models on them, and who serves what.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Model servers, each by a name of your choice.
    pub upstreams: Entries<Upstream>,
    /// Models, each by the name that clients ask for.
    pub models: Entries<Model>,
    /// Other names of models: a name, and the model that it stands for.
    pub aliases: Entries<String>,
    /// Names that stand for several models, such as auto, and what chooses among them.
    pub routes: Entries<Choice>,
    /// The model that answers to every name that is not listed; without it, such a name is refused.
    pub default_model: Option<String>,
    /// The upstream that gets every name that is not listed, as it is.
    pub default_upstream: Option<String>,
    /// Keys of clients; where this stands, everybody needs one.
    pub keys: Option<Keys>,
    /// Limits for all; a flag or a variable goes before them.
    pub limits: Common,
    /// Answers that are given again; a flag or a variable goes before this.
    pub cache: Cache,
}

/// One model server.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// What it is, and so which of the requests' members it needs to be told in its own way.
    #[serde(default)]
    pub kind: Kind,
    /// Base URL, such as https://host/v1. All kinds but echo need one.
    pub base_url: Option<BaseUrl>,
    /// Path of chat completions below the base URL.
    pub path: Option<Path>,
    /// How chats are written as prompts, for `llama_completion` alone: chatml (default), llama3, gemma, mistral, deepseek or phi.
    pub template: Option<Template>,
    /// The variable that holds its key, such as ${FRIENDLI_TOKEN}: a file holds no key.
    pub api_key: Option<String>,
    /// Whether a Friendli dedicated endpoint that sleeps is woken.
    #[serde(default)]
    pub auto_wake: bool,
    /// The variable that holds the token that wakes it; without it, the key does.
    pub management_token: Option<String>,
    /// Base URL of the API that wakes it; without it, Friendli's.
    pub management_url: Option<BaseUrl>,
    /// Headers of every call, such as X-Friendli-Team; ${NAME} in a value is a variable.
    #[serde(default)]
    pub headers: Entries<String>,
    /// How long it may stay silent; what is left out is as for all.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// The key itself, once the variable was looked up.
    #[serde(skip)]
    pub key: Option<SecretString>,
    /// The token itself, once the variable was looked up.
    #[serde(skip)]
    pub wake_token: Option<SecretString>,
}

/// How long one model server may stay silent.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Seconds to open a connection.
    pub connect: Option<Seconds>,
    /// Seconds to the head of the answer.
    pub headers: Option<Seconds>,
    /// Seconds from the head to the first token.
    pub first_token: Option<Seconds>,
    /// Seconds between content.
    pub idle: Option<Seconds>,
}

/// One model.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["targets"]))]
pub struct Model {
    /// Where it is served: the first that answers is taken, in this order.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// How it marks its reasoning; without it, what is known of the name, or else found out.
    #[schemars(with = "Option<String>")]
    #[serde(default, deserialize_with = "values::capability")]
    pub capability: Option<Capability>,
    /// The model that writes its summaries.
    pub summary_model: Option<String>,
    /// What text after a closed analysis is when no final part follows: reasoning or answer.
    #[schemars(with = "Option<String>")]
    #[serde(default, deserialize_with = "values::on_missing_final")]
    pub on_missing_final: Option<OnMissingFinal>,
    /// How much of its reasoning clients may see: summary, raw or none; never more than for all.
    #[schemars(with = "Option<String>")]
    #[serde(default, deserialize_with = "values::visibility")]
    pub visibility: Option<ReasoningVisibility>,
    /// All that it can do, for routes; without it, whatever is asked for.
    pub features: Option<Vec<Feature>>,
    /// The price of a million tokens, for routes by cost.
    pub price: Option<Price>,
    /// Its own limits; what is left out is as for all.
    #[serde(default)]
    pub limits: Limits,
}

/// One place where a model is served.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["upstream"]))]
pub struct Target {
    /// The name of an upstream.
    #[serde(default)]
    pub upstream: String,
    /// What that server calls the model; without it, as clients do.
    pub model: Option<String>,
    /// Targets of the same rank share the calls by weight; without it, the place in the list.
    pub rank: Option<u32>,
    /// The share within the rank; without it, 1.
    #[schemars(range(min = 1))]
    pub weight: Option<u32>,
    /// Whether it can stream; one that can't is asked for the whole answer.
    pub stream: Option<bool>,
    /// Members of every request to it, unless the client sets them.
    #[serde(default)]
    pub members: Map<String, Value>,
}

/// One model's own limits.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Seconds for a whole request, fallbacks included.
    pub deadline: Option<Seconds>,
    /// Calls to one target after the first one failed.
    pub max_retries: Option<u32>,
    /// Calls to one target after its tokens had begun to flow.
    pub max_restarts: Option<u32>,
    /// Tokens that a prompt may have, by an estimate of four characters each.
    pub max_prompt_tokens: Option<Count>,
    /// Tokens that an answer may have, for routes: a request that wants more goes elsewhere.
    pub max_tokens: Option<Count>,
}
