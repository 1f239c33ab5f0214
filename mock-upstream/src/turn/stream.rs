//! A completion as a stream, with whatever the script does to it.

use std::time::Duration;

use tokio::time::sleep;

use crate::chat_request::Form;
use crate::fault::{At, Noise, Section, Stall, as_text};
use crate::outbox::{Outbox, Stop};
use crate::turn::Turn;

/// Tokens of a summary that are counted.
const MAX_TOKENS: usize = 10_000;
const NOISE_EVERY: Duration = Duration::from_millis(50);
const BROKEN_JSON: &str = r#"{"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":"#;

impl Turn<'_> {
    /// Streams the completion. Its lines are the stream, in order.
    pub(crate) async fn stream(&mut self, out: &mut Outbox<'_>) -> Result<(), Stop> {
        out.open(self.script.status.unwrap_or(200), "text/event-stream; charset=utf-8").await?;
        sleep(self.first_token()).await;
        self.hurry_a_summary();
        self.pace.restart();
        if let Some(role) = self.chunks.role() {
            out.event(None, &role).await?;
        }
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

    /// A streamed summary is complete when a whole one would be: half of its time are tokens.
    fn hurry_a_summary(&mut self) {
        if self.request.kind.is_summary() && self.script.tps.is_none() {
            let tokens = u32::try_from(self.speech().take(MAX_TOKENS).count()).unwrap_or(u32::MAX);
            self.pace.interval = self.first_token() / tokens.max(1);
        }
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
            out.event(None, &self.chunks.finish(&reason, self.counted)).await?;
        }
        if self.chunks.with_usage {
            out.event(None, &self.chunks.usage(self.counted)).await?;
        }
        if !self.script.no_done && self.request.form == Form::Chat {
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
            let data = Self::error_data(error);
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
        let mut resumed = self.resumed.clone();
        let over = async {
            match stall.ms {
                Some(ms) => sleep(Duration::from_millis(ms)).await,
                // The server, and with it the sender, outlives its calls.
                None => drop(resumed.changed().await),
            }
        };
        tokio::select! {
            stopped = async { loop { self.noise(stall, out).await? } } => stopped,
            () = over => Ok(()),
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
}
