//! What became of all streams.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{Display, Formatter};
use std::iter::Sum;

use super::listening::Heard;
use super::plan::{Client, PROMPT_CANARY, Plan, REASONING_CANARY};
use super::verdict::{Outcome, judge};
use crate::process::Gateway;

/// Broken promises that are told.
const MAX_TOLD: usize = 20;

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) streams: u64,
    outcomes: BTreeMap<Outcome, u64>,
    slow: u64,
    /// Those that read nothing, and those that asked for all at once.
    mute: u64,
    at_once: u64,
    attempts: u64,
    broken: u64,
    /// The first of the broken promises.
    pub(super) violations: Vec<String>,
}

impl Tally {
    /// Adds what a listener heard: nothing at all, if it left first or failed.
    pub(super) fn add(&mut self, plan: &Plan, heard: Option<&Option<Heard>>) {
        self.streams += 1;
        self.slow += u64::from(matches!(plan.client, Client::Rests(_)));
        self.mute += u64::from(matches!(plan.client, Client::Sits(_)));
        self.at_once += u64::from(plan.client == Client::Whole);
        let (outcome, broken) = match heard {
            Some(Some(heard)) => judge(plan, heard),
            Some(None) => (Outcome::Left, Vec::new()),
            None => {
                let what = format!("{}: no response", plan.request_id);
                (Outcome::Failed("no response".to_owned()), vec![what])
            }
        };
        self.attempts += heard.and_then(Option::as_ref).map_or(0, attempts);
        *self.outcomes.entry(outcome).or_default() += 1;
        self.broken += broken.len() as u64;
        self.violations.extend(broken);
        self.violations.truncate(MAX_TOLD);
    }

    fn count(&self, is_counted: impl Fn(&Outcome) -> bool) -> u64 {
        let counted = self.outcomes.iter().filter(|(outcome, _)| is_counted(outcome));
        counted.map(|(_, count)| count).sum()
    }

    /// All that faults can do has been done.
    pub(super) fn check_variety(&self, seconds: u64) {
        let least = seconds.min(20);
        let failed = self.count(|outcome| matches!(outcome, Outcome::Failed(_)));
        let left = self.count(|outcome| *outcome == Outcome::Left);
        let whole = self.count(|outcome| *outcome == Outcome::Whole);
        assert!(whole > 10 * least, "too few whole: {self}");
        let rarest = failed.min(left).min(self.slow).min(self.mute).min(self.at_once);
        assert!(rarest >= least / 2, "too few of a kind: {self}");
    }

    /// One line of the log for each request, and nothing of what was said in any.
    pub(super) async fn check_log(&self, gateway: &Gateway, other: &Self) {
        let requests = usize::try_from(self.streams + other.streams).expect("there is memory");
        gateway.until_lines(requests, |line| line.contains("\"took_ms\":")).await;
        let mut lines: HashMap<String, u32> = HashMap::new();
        for line in gateway.log() {
            let id = line["request_id"].as_str().filter(|_| line["code"].is_string());
            *lines.entry(id.unwrap_or_default().to_owned()).or_default() += 1;
        }
        lines.remove("");
        assert_eq!(lines.len(), requests, "a request without its line");
        let said = [REASONING_CANARY, PROMPT_CANARY, "panicked"];
        let tells = |line: &&String| said.iter().any(|text| line.contains(text));
        assert_eq!(gateway.stderr().iter().find(tells), None);
    }
}

/// Calls for the answer, as the stream's end tells.
fn attempts(heard: &Heard) -> u64 {
    use reasoning_stream::Event;
    match heard.envelopes.last().map(|envelope| &envelope.event) {
        Some(Event::OutputDone(done)) => done.attempts.b.into(),
        Some(
            Event::PromptSummary(_)
            | Event::RawReasoning(_)
            | Event::ReasoningDelta(_)
            | Event::ReasoningSummary(_)
            | Event::OutputDelta(_)
            | Event::Error(_),
        )
        | None => 0,
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |mut sum, tally| {
            for (outcome, count) in tally.outcomes {
                *sum.outcomes.entry(outcome).or_default() += count;
            }
            sum.streams += tally.streams;
            sum.slow += tally.slow;
            sum.mute += tally.mute;
            sum.at_once += tally.at_once;
            sum.attempts += tally.attempts;
            sum.broken += tally.broken;
            sum.violations.extend(tally.violations);
            sum.violations.truncate(MAX_TOLD);
            sum
        })
    }
}

impl Display for Tally {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let (streams, attempts) = (self.streams, self.attempts);
        let (slow, mute, at_once) = (self.slow, self.mute, self.at_once);
        write!(formatter, "streams={streams} whole={}", self.count(|it| *it == Outcome::Whole))?;
        for (outcome, count) in &self.outcomes {
            match outcome {
                Outcome::Failed(code) => write!(formatter, " failed:{code}={count}")?,
                Outcome::Refused(code) => write!(formatter, " refused:{code}={count}")?,
                Outcome::Whole | Outcome::Left => {}
            }
        }
        let left = self.count(|it| *it == Outcome::Left);
        write!(
            formatter,
            " left={left} slow={slow} mute={mute} at_once={at_once} attempts={attempts}"
        )?;
        write!(formatter, " violations={}", self.broken)
    }
}
