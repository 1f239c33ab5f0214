//! Which dedicated endpoint, and how long it may take to wake.

use std::time::Duration;

use gateway_client::friendli;

use super::seconds;

/// A Friendli Dedicated endpoint.
#[derive(clap::Args)]
#[command(next_help_heading = "Friendli Dedicated")]
pub(crate) struct Friendli {
    /// Wake the Friendli Dedicated endpoint first, if it sleeps; without a prompt, do no more.
    #[arg(long, requires = "friendli_endpoint_id")]
    pub(crate) wake: bool,

    /// Only print the Friendli Dedicated endpoint's status; exit code 0 if it serves, 1 if not.
    #[arg(long, requires = "friendli_endpoint_id")]
    #[arg(conflicts_with_all = ["wake", "prompt", "message", "files"])]
    pub(crate) status: bool,

    /// The endpoint's id; it is also the model, unless one is named.
    #[arg(long = "friendli-endpoint-id", env = "FRIENDLI_ENDPOINT_ID", value_name = "ID")]
    #[arg(id = "friendli_endpoint_id", global = true)]
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

impl Friendli {
    /// The API's base URL; an empty variable is none.
    pub(crate) fn api(&self) -> &str {
        if self.api.is_empty() { friendli::DEFAULT_API } else { &self.api }
    }
}
