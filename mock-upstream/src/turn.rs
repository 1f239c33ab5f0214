//! One chat completion, as it is played to the client.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use crate::chat_request::ChatRequest;
use crate::chunks::{Chunks, Counted, call_id};
use crate::fault::{At, Noise, Section, Stall, as_text};
use crate::options::Options;
use crate::outbox::{Outbox, Stop};
use crate::reply::{Reply, error_object};
use crate::script::Script;
use crate::speech::{Channel, Speech, Token, speech};

/// Tokens of a completion that is not streamed.
const MAX_WHOLE_TOKENS: usize = 200_000;
const NOISE_EVERY: Duration = Duration::from_millis(50);
const BROKEN_JSON: &str = r#"{"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":"#;

/// Everything that decides what the client will hear.
pub(crate) struct Turn<'t> {
    options: &'t Options,
    script: &'t Script,
    request: &'t ChatRequest,
    chunks: Chunks,
    counted: Counted,
    pace: Pace,
}

impl<'t> Turn<'t> {
    pub(crate) fn new(
        options: &'t Options,
        script: &'t Script,
        request: &'t ChatRequest,
        id: String,
        created: u64,
    ) -> Self {
        let model = request.model.clone();
        let with_usage = script.usage.unwrap_or(options.usage || request.include_usage);
        let counted = Counted { prompt: request.prompt_tokens, ..Counted::default() };
        let chunks = Chunks { id, created, model, with_usage };
        Self { options, script, request, chunks, counted, pace: Pace::new(options, script) }
    }

    /// Streams the completion. Its lines are the stream, in order.
    pub(crate) async fn stream(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        out.open(self.script.status.unwrap_or(200), "text/event-stream; charset=utf-8").await?;
        sleep(self.first_token()).await;
        self.pace.restart();
        out.event(None, &self.chunks.role()).await?;
        if let Some(bytes) = self.script.long_line {
            let (before, after) = self.chunks.around_content();
            out.long_line((&before, &after), bytes).await?;
        }
        let truncated = self.tokens(out).await?;
        self.faults(out, true).await?;
        for (index, call) in self.script.tool_calls.iter().enumerate() {
            for part in self.chunks.tool_call(index, call) {
                out.event(None, &part).await?;
            }
        }
        self.ending(out, truncated).await
    }

    /// Sends the tokens, and tells whether a limit cut them off.
    async fn tokens(&mut self, out: &mut Outbox<'_>) -> Result<bool, Stop> {
        let mut thinking = false;
        for token in self.speech() {
            if self.request.max_tokens.is_some_and(|limit| self.counted.completion >= limit) {
                return Ok(true);
            }
            self.faults(out, false).await?;
            if thinking && token.section == Section::Answer {
                sleep(Duration::from_millis(self.script.gap_ms)).await;
            }
            thinking = token.section == Section::Reasoning;
            self.pace.tick().await;
            out.event(None, &self.chunks.text(token.channel, &token.text)).await?;
            self.count(&token);
            out.tokens += 1;
        }
        Ok(false)
    }

    async fn ending(&mut self, out: &mut Outbox<'_>, truncated: bool) -> Result<(), Stop> {
        if let Some(reason) = self.finish_reason(truncated) {
            out.event(None, &self.chunks.finish(&reason)).await?;
        }
        if self.chunks.with_usage {
            out.event(None, &self.chunks.usage(self.counted)).await?;
        }
        if !self.script.no_done {
            out.event(None, "[DONE]").await?;
        }
        if let Some(data) = &self.script.after_done {
            out.event(None, &as_text(data)).await?;
        }
        out.finish().await
    }

    /// What the script does at this place; at the end, what it wanted to do later.
    async fn faults(&self, out: &mut Outbox<'_>, last: bool) -> Result<(), Stop> {
        let script = self.script;
        let sent = out.tokens;
        let here = |token: u64| token == sent || (last && token > sent);
        if script
            .comment_every
            .is_some_and(|every| sent > 0 && !last && sent.is_multiple_of(every.max(1)))
        {
            out.comment("keep-alive").await?;
        }
        for insert in script.insert.iter().filter(|insert| here(insert.token)) {
            out.event(insert.event.as_deref(), &as_text(&insert.data)).await?;
        }
        if script.broken_json.is_some_and(here) {
            out.event(None, BROKEN_JSON).await?;
        }
        if let Some(stall) = script.stall.as_ref().filter(|stall| here(stall.token)) {
            self.stall(stall, out).await?;
        }
        if let Some(error) = script.error.as_ref().filter(|error| here(error.token)) {
            let data =
                error.data.clone().unwrap_or_else(|| error_object(500, None, SCRIPTED_ERROR));
            out.event(error.event.as_deref(), &as_text(&data)).await?;
            if error.done {
                out.event(None, "[DONE]").await?;
            }
            out.flush().await?;
            return Err(Stop::Ended);
        }
        self.stop_here(out, here).await
    }

    async fn stop_here(
        &self,
        out: &mut Outbox<'_>,
        here: impl Fn(u64) -> bool,
    ) -> Result<(), Stop> {
        let script = self.script;
        for (at, stop) in
            [(script.end, Stop::Ended), (script.cut, Stop::Cut), (script.reset, Stop::Reset)]
        {
            if let Some(At::Token(token)) = at
                && here(token)
            {
                out.flush().await?;
                return Err(stop);
            }
        }
        Ok(())
    }

    async fn stall(&self, stall: &Stall, out: &mut Outbox<'_>) -> Result<(), Stop> {
        out.flush().await?;
        let Some(until) = stall.ms.map(|ms| Instant::now() + Duration::from_millis(ms)) else {
            loop {
                self.noise(stall, out).await?;
            }
        };
        tokio::select! {
            stopped = async { loop { self.noise(stall, out).await? } } => stopped,
            () = sleep_until(until) => Ok(()),
        }
    }

    /// One noise, and the pause before it.
    async fn noise(&self, stall: &Stall, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let every = Duration::from_millis(stall.every_ms);
        sleep(if every.is_zero() { NOISE_EVERY } else { every }).await;
        match stall.noise {
            Noise::None => Ok(()),
            Noise::Comments => out.comment("keep-alive").await,
            Noise::Pings => out.event(Some("ping"), "{}").await,
            Noise::EmptyDeltas => out.event(None, &self.chunks.nothing()).await,
        }
    }

    /// Sends the completion as one JSON document.
    pub(crate) async fn whole(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let (message, truncated) = self.message();
        sleep(self.first_token()).await;
        if !self.request.kind.is_summary() {
            sleep(self.pace.interval.saturating_mul(self.counted.completion as u32)).await;
        }
        if let Some(stall) = &self.script.stall {
            match stall.ms {
                Some(ms) => sleep(Duration::from_millis(ms)).await,
                None => std::future::pending().await,
            }
        }
        out.tokens = self.counted.completion as u64;
        let reply = self.document(message, truncated);
        self.stopped_short(&reply, out).await?;
        out.reply(&reply).await
    }

    fn document(&self, message: Map<String, Value>, truncated: bool) -> Reply {
        let status = self.script.status.unwrap_or(200);
        if let Some(error) = &self.script.error {
            let data =
                error.data.clone().unwrap_or_else(|| error_object(500, None, SCRIPTED_ERROR));
            return Reply::json(status, &data);
        }
        let finish = self.finish_reason(truncated);
        let message = Value::Object(message);
        let whole = self.chunks.whole(&message, finish.as_deref(), self.counted);
        let mut reply = Reply::json(status, &whole);
        if self.script.broken_json.is_some() {
            reply.body.truncate(reply.body.len() / 2);
        }
        if self.script.bom {
            reply.body.splice(..0, "\u{feff}".bytes());
        }
        reply
    }

    /// Tokens have no place in a document: what is to happen at one happens in its middle.
    async fn stopped_short(&self, reply: &Reply, out: &mut Outbox<'_>) -> Result<(), Stop> {
        let script = self.script;
        for (at, stop) in
            [(script.end, Stop::Cut), (script.cut, Stop::Cut), (script.reset, Stop::Reset)]
        {
            if matches!(at, Some(At::Token(_))) {
                return out.half(reply).await.and(Err(stop));
            }
        }
        Ok(())
    }

    fn message(&mut self) -> (Map<String, Value>, bool) {
        let (mut content, mut reasoning) = (String::new(), String::new());
        let mut member = Channel::ReasoningContent;
        let mut tokens = self.speech().take(MAX_WHOLE_TOKENS);
        let limit = self.request.max_tokens.unwrap_or(usize::MAX);
        for token in tokens.by_ref().take(limit) {
            self.count(&token);
            if token.channel == Channel::Content {
                content.push_str(&token.text);
            } else {
                member = token.channel;
                reasoning.push_str(&token.text);
            }
        }
        let truncated = tokens.next().is_some();
        let mut message = Map::new();
        message.insert("role".to_owned(), json!("assistant"));
        message.insert("content".to_owned(), json!(content));
        if !reasoning.is_empty() {
            message.insert(member.member().to_owned(), json!(reasoning));
        }
        if !self.script.tool_calls.is_empty() {
            message.insert("tool_calls".to_owned(), self.tool_calls());
        }
        (message, truncated)
    }

    fn tool_calls(&self) -> Value {
        let calls = self.script.tool_calls.iter().enumerate().map(|(index, call)| {
            let function = json!({"name": call.name, "arguments": as_text(&call.arguments)});
            json!({"id": call_id(&self.chunks.id, index), "type": "function", "function": function})
        });
        calls.collect()
    }

    fn speech(&self) -> Speech {
        speech(self.options, self.script, self.request)
    }

    fn count(&mut self, token: &Token) {
        self.counted.completion += 1;
        self.counted.reasoning += usize::from(token.section == Section::Reasoning);
    }

    fn finish_reason(&self, truncated: bool) -> Option<String> {
        let own = match (truncated, self.script.tool_calls.is_empty()) {
            (true, _) => "length",
            (false, false) => "tool_calls",
            (false, true) => "stop",
        };
        let reason = self.script.finish_reason.clone().unwrap_or_else(|| own.to_owned());
        (!self.script.no_finish).then_some(reason)
    }

    /// The wait between the request and the first token.
    fn first_token(&self) -> Duration {
        let own = if self.request.kind.is_summary() {
            self.options.summary_ms
        } else {
            self.options.ttft
        };
        self.script.ttft_ms.map_or(own, Duration::from_millis)
    }
}

/// How late a token may be and the ones after it still keep their times.
const MAX_CATCH_UP: Duration = Duration::from_millis(20);
const SCRIPTED_ERROR: &str = "the model failed, as the script says";

/// When the next token is due.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    due: Instant,
}

impl Pace {
    fn new(options: &Options, script: &Script) -> Self {
        let tps = script.tps.unwrap_or(options.tps);
        let by_rate = if tps > 0.0 { 1.0 / tps } else { 0.0 };
        let by_rate = Duration::try_from_secs_f64(by_rate).unwrap_or(Duration::MAX);
        let interval = script.token_delay_ms.map_or(by_rate, Duration::from_millis);
        Self { interval, due: Instant::now() }
    }

    fn restart(&mut self) {
        self.due = Instant::now();
    }

    /// Waits for the next token's time. A pause is not made up for, but a late wake-up is.
    async fn tick(&mut self) {
        if self.interval.is_zero() {
            return;
        }
        sleep_until(self.due).await;
        let now = Instant::now();
        let late = now.saturating_duration_since(self.due);
        let from = if late < MAX_CATCH_UP { self.due } else { now };
        self.due = from.checked_add(self.interval).unwrap_or(now);
    }
}
