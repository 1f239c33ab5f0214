//! One request against scripted model servers, on a paused clock, without sockets.
//!
//! ```text
//!  Scenario::new().answer(script).ask("…").await ──▶ Heard ──▶ expect("P | R | D 42 | F stop")
//!      └─▶ Rig: Relay ◀── Scripted upstream ──▶ Log         └─▶ check: what holds for every request
//! ```
//!
//! A test that needs no more than the whole story says `ask`; one that acts in the middle of it
//! takes the [`Rig`], and says when to read, to leave, or to stop.

pub(crate) mod check;
pub(crate) mod heard;
pub(crate) mod rig;
pub(crate) mod routes;
pub(crate) mod script;
pub(crate) mod spans;
pub(crate) mod upstream;

use std::time::Duration;

use inference_gateway::policy::retry::RetryPolicy;
use inference_gateway::relay::answer::ask::AnswerConfig;
use inference_gateway::relay::request::{ChatRequest, SummaryOptions};
use inference_gateway::relay::summary::{ReasoningFallback, SummaryConfig};
use inference_gateway::traces::trace::Trace;
use reasoning_stream::ReaderOptions;
use serde_json::{Map, json};
use tokio::time::Instant;

use self::heard::Heard;
use self::rig::Rig;
use self::script::Script;
use self::upstream::Scripts;

/// The id of every request.
pub(crate) const REQUEST_ID: &str = "request-1";
/// The model that every request names.
pub(crate) const MODEL: &str = "thinker";

/// One request, and what the model servers will do.
pub(crate) struct Scenario {
    pub(crate) scripts: Scripts,
    /// What the servers do that are asked after the first, one after the other.
    pub(crate) fallbacks: Vec<Scripts>,
    pub(crate) answer: AnswerConfig,
    pub(crate) summary: SummaryConfig,
    pub(crate) request: ChatRequest,
}

impl Scenario {
    /// A plain request; summaries take 100 ms each, and there is no answer yet.
    pub(crate) fn new() -> Self {
        Self {
            scripts: Scripts::default(),
            fallbacks: Vec::new(),
            answer: answer_config(),
            summary: summary_config(),
            request: plain_request(),
        }
    }

    /// What the next call for the answer gets; further calls get the last of them.
    pub(crate) fn answer(mut self, script: Script) -> Self {
        self.scripts.answer.push(script);
        self
    }

    /// One more server, and what its calls for the answer get; further calls get the last of them.
    pub(crate) fn fallback(mut self, answer: &[Script]) -> Self {
        self.fallbacks.push(Scripts { answer: answer.to_vec(), ..Scripts::default() });
        self
    }

    /// What the next call for the prompt summary gets; further calls get the last of them.
    pub(crate) fn prompt_summary(mut self, script: Script) -> Self {
        self.scripts.prompt.push(script);
        self
    }

    /// What the next call for the reasoning summary gets; further calls get the last of them.
    pub(crate) fn reasoning_summary(mut self, script: Script) -> Self {
        self.scripts.reasoning.push(script);
        self
    }

    /// With another request than the plain one.
    pub(crate) fn requesting(mut self, change: impl FnOnce(&mut ChatRequest)) -> Self {
        change(&mut self.request);
        self
    }

    /// With other settings for the answer.
    pub(crate) fn answering(mut self, change: impl FnOnce(&mut AnswerConfig)) -> Self {
        change(&mut self.answer);
        self
    }

    /// With other settings for the summaries.
    pub(crate) fn summarising(mut self, change: impl FnOnce(&mut SummaryConfig)) -> Self {
        change(&mut self.summary);
        self
    }

    /// All parts, ready to run.
    pub(crate) fn rig(mut self, question: &str) -> Rig {
        self.request.messages.push(json!({"role": "user", "content": question}));
        self.request.arrived = Instant::now();
        Rig::new(self)
    }

    /// Asks, listens to the end, and checks what holds for every request.
    pub(crate) async fn ask(self, question: &str) -> Heard {
        self.rig(question).hear().await
    }
}

pub(crate) fn answer_config() -> AnswerConfig {
    let quiet = Duration::from_secs(60);
    AnswerConfig {
        headers_timeout: quiet,
        first_token_timeout: quiet,
        idle_timeout: quiet,
        deadline: Duration::from_secs(600),
        retry: RetryPolicy {
            max_retries: 3,
            backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(8),
            max_retry_after: Duration::from_secs(30),
        },
        max_restarts: 1,
        reader: ReaderOptions::default(),
        members: Map::new(),
    }
}

pub(crate) fn summary_config() -> SummaryConfig {
    SummaryConfig {
        model: None,
        second_model: None,
        timeout: Duration::from_secs(10),
        max_stall: None,
        reasoning_fallback: ReasoningFallback::Excerpt,
        cached_prompts: 0,
        live: false,
        stream: false,
        section_chars: 1_500,
        section_time: Duration::from_secs(4),
        max_prompt_chars: 8_000,
        max_reasoning_chars: 8_000,
    }
}

pub(crate) fn plain_request() -> ChatRequest {
    ChatRequest {
        id: REQUEST_ID.to_owned(),
        path: "/v1/chat/completions".to_owned(),
        arrived: Instant::now(),
        stream: true,
        model: MODEL.to_owned(),
        messages: Vec::new(),
        members: Map::new(),
        summary_model: None,
        summaries: SummaryOptions::default(),
        trace: Trace::default(),
    }
}
