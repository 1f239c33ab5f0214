//! What holds for every request, whatever its servers and its client do.

use std::time::Duration;

use inference_gateway::metrics::Metrics;
use inference_gateway::relay::answer::ask::AnswerConfig;
use inference_gateway::relay::request::{ChatRequest, Visibility};
use reasoning_stream::{Attempts, Done, Event, FinishReason, Order, Source};

use super::heard::Heard;
use super::script::CANARY;
use super::upstream::{Kind, Log};

/// The latest time after the end of a request at which a call may end, in milliseconds.
const AFTERGLOW: u64 = 100;
/// How many times call C may begin for one run of the answer: three times early, once at its end.
const SUMMARIES_PER_RUN: usize = 4;

/// What the settings and the request allow.
pub(crate) struct Allowed {
    order: Order,
    live: bool,
    raw: bool,
    calls: usize,
    restarts: usize,
    deadline: Duration,
}

impl Allowed {
    pub(crate) fn of(answer: &AnswerConfig, servers: usize, request: &ChatRequest) -> Self {
        let live = request.summaries.live == Some(true);
        let raw = request.summaries.visibility == Some(Visibility::Raw);
        Self {
            order: Order::expecting(request.summaries.prompt, request.summaries.reasoning)
                .live(live)
                .raw(raw),
            live,
            raw,
            calls: servers * (1 + answer.retry.max_retries as usize),
            restarts: servers * (1 + answer.max_restarts as usize) - 1,
            deadline: answer.deadline,
        }
    }
}

/// Asserts what holds for every request that was listened to up to its end.
pub(crate) fn check(heard: &Heard, allowed: &Allowed, log: &Log) {
    if heard.refusal.is_none() {
        check_order(heard, allowed.order);
        check_answer(heard);
        check_attempts(heard);
        check_timings(heard);
    }
    check_lines(heard);
    check_secrets(heard, allowed.raw);
    check_calls(heard, allowed, log);
    check_time(heard, allowed);
}

/// What was counted is at rest again, and says nothing of the request.
pub(crate) fn check_metrics(metrics: &Metrics, request: &ChatRequest) {
    assert_eq!(metrics.open_streams(), 0, "a stream that is over counts as open");
    let text = metrics.encode();
    let question = request.messages.last().and_then(|message| message["content"].as_str());
    for canary in [CANARY, &request.id, &request.model, question.unwrap_or(CANARY)] {
        assert!(canary.len() < 4 || !text.contains(canary), "{canary} in a metric: {text}");
    }
}

/// The grammar, with one `output.done` at its end.
fn check_order(heard: &Heard, mut order: Order) {
    let mut remark = None;
    for (_, event) in &heard.events {
        order.check(event).unwrap_or_else(|disorder| panic!("{disorder}: {}", heard.story()));
        if let (Some(stage), Event::PromptSummary(_) | Event::ReasoningSummary(_)) = (remark, event)
        {
            let expected = if matches!(event, Event::PromptSummary(_)) {
                reasoning_stream::Stage::PromptSummary
            } else {
                reasoning_stream::Stage::ReasoningSummary
            };
            assert_eq!(stage, expected, "a remark about another stage: {}", heard.story());
        }
        remark = None;
        if let Event::Error(error) = event {
            assert_eq!(
                error.error.code.as_ref(),
                Some(&error.code),
                "OpenAI's object says the same"
            );
            remark = Some(error.stage);
        }
    }
    order.finish().unwrap_or_else(|disorder| panic!("{disorder}: {}", heard.story()));
}

/// The answer is the beginning of what the model said, all of it if it says so.
fn check_answer(heard: &Heard) {
    let (answer, done) = (heard.answer(), done(heard));
    let calls = heard.calls_for(Kind::Answer);
    let script = &calls.last().expect("a call for the answer").script;
    assert!(script.answer.starts_with(&answer), "{answer:?} of {:?}", script.answer);
    if done.finish_reason != FinishReason::Error {
        let known = script.finish.as_deref().map(FinishReason::from).map(|reason| {
            if matches!(reason, FinishReason::Other(_)) { FinishReason::Stop } else { reason }
        });
        assert_eq!(known.as_ref(), Some(&done.finish_reason), "a made-up success");
        assert_eq!(answer, script.answer, "a success with a part of the answer");
    }
}

/// The attempts that the client is told of are those that were made.
fn check_attempts(heard: &Heard) {
    let Attempts { a, b, c } = done(heard).attempts;
    for (kind, told) in [(Kind::Prompt, a), (Kind::Answer, b), (Kind::Reasoning, c)] {
        assert_eq!(told as usize, heard.calls_for(kind).len(), "{kind:?}: {}", heard.story());
    }
}

/// What happened first has the earlier time, and what did not happen has none.
fn check_timings(heard: &Heard) {
    let Done { timings: it, .. } = done(heard);
    let reasoned = [it.first_reasoning, it.reasoning_end, it.reasoning_summary, it.total];
    let answered = [it.first_answer_upstream, it.first_answer_sent, it.total];
    let summarised = [it.prompt_summary, it.first_answer_sent, it.total];
    for row in [&reasoned[..], &answered, &summarised] {
        let known: Vec<u64> = row.iter().copied().flatten().collect();
        assert!(known.is_sorted(), "{it:?}: {}", heard.timed_story());
    }
    let stall = it.first_answer_sent.zip(it.first_answer_upstream).map(|(sent, came)| sent - came);
    assert_eq!(it.stall, stall, "{}", heard.timed_story());
    assert!(it.total.is_some_and(|total| total <= heard.ended), "{}", heard.timed_story());
    assert_eq!(it.first_answer_sent.is_some(), !heard.answer().is_empty(), "{it:?}");
}

/// No index returns, and the lines of the run that counts are the whole summary.
fn check_lines(heard: &Heard) {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut run = 0;
    for (_, event) in &heard.events {
        if let Event::ReasoningDelta(delta) = event {
            assert!(!delta.text.is_empty(), "an empty delta: {}", heard.story());
            match lines.last_mut().filter(|(index, _)| *index == delta.index) {
                Some((_, line)) => line.push_str(&delta.text),
                None => {
                    assert_eq!(delta.index as usize, lines.len(), "{}", heard.story());
                    lines.push((delta.index, delta.text.clone()));
                }
            }
            if delta.restarted {
                run = lines.len() - 1;
            }
        }
        if let Event::ReasoningSummary(summary) = event
            && let Source::Model | Source::SecondModel | Source::Rolling = summary.source
            && !lines.is_empty()
        {
            let told: Vec<&str> = lines[run..].iter().map(|(_, line)| line.as_str()).collect();
            assert_eq!(summary.text, told.join("\n"), "{}", heard.story());
        }
    }
}

/// The model's thoughts reach nobody, save as a fallback, and under their own name whoever may see them.
fn check_secrets(heard: &Heard, raw: bool) {
    if let Some(failure) = &heard.refusal {
        assert!(!format!("{failure:?}").contains(CANARY), "{failure:?}");
    }
    assert!(!heard.answer().contains(CANARY), "thoughts in the answer: {}", heard.answer());
    for (_, event) in &heard.events {
        let excerpt = match event {
            Event::ReasoningSummary(it) => it.source == Source::Fallback,
            Event::RawReasoning(_) => raw,
            Event::PromptSummary(_)
            | Event::ReasoningDelta(_)
            | Event::OutputDelta(_)
            | Event::Error(_)
            | Event::OutputDone(_) => false,
        };
        let mut wire = Vec::new();
        event.write("", &mut wire);
        let shown = String::from_utf8(wire).expect("events are text");
        assert!(excerpt || !shown.contains(CANARY), "thoughts in an event: {shown}");
    }
}

/// No more calls than the policy allows, none for the answer once it is shown, none left open.
fn check_calls(heard: &Heard, allowed: &Allowed, log: &Log) {
    let made = |kind| heard.calls_for(kind).len();
    assert!(made(Kind::Prompt) <= 2, "{} calls for A", made(Kind::Prompt));
    assert!(made(Kind::Answer) <= allowed.calls, "{} calls for B", made(Kind::Answer));
    let summaries = 2 * SUMMARIES_PER_RUN * (1 + allowed.restarts);
    // Sections may fail and be told again, one after the other, as long as the model thinks.
    let summaries = if allowed.live { 200 } else { summaries };
    assert!(made(Kind::Reasoning) <= summaries, "{} calls for C", made(Kind::Reasoning));
    if let Some(answers) = log.answers_at_barrier() {
        assert_eq!(made(Kind::Answer), answers, "a call after the barrier: {}", heard.story());
    }
    for call in &heard.calls {
        let ended = call.ended.unwrap_or_else(|| panic!("{:?} is still open", call.kind));
        assert!(ended <= heard.ended + AFTERGLOW, "{:?} ended late, at {ended}", call.kind);
    }
}

fn check_time(heard: &Heard, allowed: &Allowed) {
    let latest = allowed.deadline + Duration::from_secs(1);
    assert!(
        Duration::from_millis(heard.ended) <= latest,
        "ended at {} ms: {}",
        heard.ended,
        heard.timed_story()
    );
}

fn done(heard: &Heard) -> &Done {
    heard.done().unwrap_or_else(|| panic!("no end: {}", heard.story()))
}
