//! What is asked of the model and of its summaries.

use clap::ValueEnum;
use gateway_client::{Message, Request, Role};
use serde_json::{Map, Value};

use super::given;

/// The members of a request that arguments decide.
#[derive(clap::Args)]
#[command(next_help_heading = "Request")]
pub(crate) struct Wishes {
    /// The model that answers.
    #[arg(long, env = "GATEWAY_MODEL", global = true)]
    pub(crate) model: Option<String>,

    /// The model that writes both summaries; without it, the gateway chooses.
    #[arg(long, value_name = "MODEL", global = true)]
    pub(crate) summary_model: Option<String>,

    /// A system message, put before the prompt.
    #[arg(short, long, value_name = "TEXT", global = true)]
    pub(crate) system: Option<String>,

    /// Ask for a summary of the reasoning that grows while the model thinks.
    #[arg(long, conflicts_with = "no_stream", global = true)]
    pub(crate) live: bool,

    /// How much of the reasoning to ask for; the gateway's operator may allow less.
    #[arg(long, value_enum, value_name = "HOW_MUCH", global = true)]
    pub(crate) reasoning: Option<Reasoning>,

    /// Ask for the whole answer at once.
    #[arg(long, global = true)]
    pub(crate) no_stream: bool,
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

impl Wishes {
    /// The request for these messages, the question last.
    pub(crate) fn request(&self, model: Option<&str>, messages: Vec<Message>) -> Request {
        let request = Request {
            model: model.map(str::to_owned),
            messages,
            summary_model: given(&self.summary_model).map(str::to_owned),
            ..Request::new("").stream(!self.no_stream)
        };
        let summaries = self.summaries();
        if summaries.is_empty() { request } else { request.set("summaries", summaries) }
    }

    /// The system message, if there is one.
    pub(crate) fn system(&self) -> Option<Message> {
        let content = given(&self.system)?.to_owned();
        Some(Message { role: Role::System, content })
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
}
