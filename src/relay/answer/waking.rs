//! What becomes of a call whose model may sleep.

use tokio::time::Instant;

use super::Answer;
use super::stage::{Heard, Progress, Stage};
use crate::upstream::error::{Quiet, UpstreamError};

impl Answer {
    /// Waits until what may sleep is awake, as long as for a first token: once for each target, and
    /// while nothing of it was heard.
    pub(super) fn wake(&mut self, error: &UpstreamError) -> Option<Progress> {
        if self.woken || self.barrier_passed || self.heard >= Heard::Tokens {
            return None;
        }
        let waking =
            self.target().server.wake(self.target().model(&self.ask.request.model), error)?;
        self.woken = true;
        self.clock.allow(Quiet::FirstToken, self.config().first_token_timeout, Instant::now());
        self.stage = Stage::Waking(waking, error.clone());
        Some(Progress::Retrying)
    }
}
