//! Draws one case: a request, its settings, what every call does, and what the client does.

use std::time::Duration;

use inference_gateway::relay::request::Visibility;
use inference_gateway::upstream::error::UpstreamError;
use serde_json::json;

use super::chance::Chance;
use crate::scenario::Scenario;
use crate::scenario::script::{CANARY, Script, Step};

/// Parts of answers: the first begins one, and none of the others is a tag that counts.
const WORDS: &[&str] = &[
    "It ",
    "is 42",
    ".\n",
    " ",
    "\n\n",
    "x < y ",
    "</finals>",
    "<b>",
    "<finals>",
    "</analysis>",
    "é𝄞",
    "[DONE]",
    "{\"a\":1}",
];

/// What the client does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Client {
    /// Reads to the end, and pauses after each frame.
    Listens(Duration),
    /// Leaves after a while.
    Leaves(Duration),
    /// Finds the gateway stopping after a while.
    IsStopped(Duration),
}

pub(super) fn draw(chance: &mut Chance) -> (Scenario, Client) {
    let mut scenario = settings(chance, Scenario::new());
    for _ in 0..=chance.below(2) {
        scenario = scenario.prompt_summary(summary(chance)).reasoning_summary(summary(chance));
    }
    for _ in 0..=chance.below(4) {
        scenario = scenario.answer(answer(chance));
    }
    (scenario, client(chance))
}

fn client(chance: &mut Chance) -> Client {
    match chance.below(10) {
        0 => Client::Leaves(Duration::from_millis(chance.ms())),
        1 => Client::IsStopped(Duration::from_millis(chance.ms())),
        2 => Client::Listens(Duration::from_millis(chance.between(0, 200))),
        _ => Client::Listens(Duration::ZERO),
    }
}

fn settings(chance: &mut Chance, scenario: Scenario) -> Scenario {
    let scenario = scenario.requesting(|request| {
        request.stream = chance.percent(85);
        request.summaries.prompt = chance.percent(85);
        request.summaries.reasoning = chance.percent(85);
        request.summaries.live = chance.percent(40).then_some(true);
        request.summaries.visibility = chance.percent(25).then_some(Visibility::Raw);
    });
    let scenario = scenario.answering(|answer| {
        answer.deadline = chance.seconds(15, 300);
        answer.headers_timeout = chance.seconds(2, 60);
        answer.first_token_timeout = chance.seconds(2, 60);
        answer.idle_timeout = chance.seconds(2, 60);
        answer.max_restarts = chance.one_of(&[0, 1, 2]);
        answer.retry.max_retries = chance.one_of(&[0, 1, 2, 3]);
        answer.retry.backoff = chance.seconds(0, 2);
    });
    scenario.summarising(|summary| {
        summary.timeout = chance.seconds(1, 15);
        summary.stream = chance.percent(50);
        summary.section_time = chance.seconds(0, 4);
        summary.section_chars = chance.one_of(&[10, 100, 1_500]);
        summary.max_stall = chance.percent(30).then(|| chance.seconds(0, 3));
    })
}

fn error(chance: &mut Chance) -> UpstreamError {
    let retry_after = Some(Duration::from_millis(chance.ms()));
    chance.one_of(&[
        UpstreamError::Unreachable,
        UpstreamError::Reset,
        UpstreamError::Reset,
        UpstreamError::Busy { retry_after: None },
        UpstreamError::Busy { retry_after },
        UpstreamError::Failed { status: 503, retry_after },
        UpstreamError::Refused { status: 400, code: None },
        UpstreamError::Unauthorized,
        UpstreamError::Garbled("it is a web page"),
    ])
}

fn summary(chance: &mut Chance) -> Script {
    let script = Script::call().wait(chance.ms());
    match chance.below(10) {
        0 => script.fails(error(chance)),
        1 => script.hangs(),
        2 => script.panics(),
        3 => script.bytes("{\"choices\":["),
        4 => script.message(&json!({"content": "", "reasoning_content": CANARY}), "stop"),
        _ => script.completion("In short."),
    }
}

fn answer(chance: &mut Chance) -> Script {
    let script = Script::call().wait(chance.ms());
    match chance.below(20) {
        0 => script.hangs(),
        1 => script.panics(),
        2 | 3 => script.fails(error(chance)),
        _ => {
            let script = thoughts(chance, script.head());
            let script = words(chance, script);
            let script = ending(chance, script);
            recut(chance, script)
        }
    }
}

/// Reasoning in its field, in tags, or none.
fn thoughts(chance: &mut Chance, mut script: Script) -> Script {
    match chance.below(5) {
        0 => script,
        1 | 2 => {
            for _ in 0..=chance.below(4) {
                script = noise(chance, script).thinks("6 × 7\n");
            }
            if chance.percent(50) { script.text("<final>") } else { script }
        }
        _ => {
            let between = chance.one_of(&["", "\n", "and more\n", "<analysis>again</analysis>"]);
            let tagged = format!("<analysis>6 × 7 {CANARY}</analysis>{between}<final>");
            let mut rest: Vec<char> = tagged.chars().collect();
            while !rest.is_empty() {
                let cut = 1 + chance.below(rest.len());
                let part: String = rest.drain(..cut).collect();
                script = noise(chance, script).text(&part);
            }
            script
        }
    }
}

fn words(chance: &mut Chance, mut script: Script) -> Script {
    let count = chance.one_of(&[0, 1, 3, 10, 100]);
    for at in 0..count {
        let word = if at == 0 { WORDS[0] } else { chance.one_of(WORDS) };
        script = noise(chance, script).says(word);
        if chance.percent(2) {
            script = script.thinks("late");
        }
    }
    script
}

/// What may stand between two chunks, and says nothing.
fn noise(chance: &mut Chance, script: Script) -> Script {
    match chance.below(30) {
        0..=7 => script.wait(chance.ms()),
        8 => script.bytes(": keep-alive\n\n"),
        9 => script.delta(&json!({"content": ""})),
        10 => script.usage(),
        11 => script.bytes("event: ping\ndata: {}\n\n"),
        _ => script,
    }
}

fn ending(chance: &mut Chance, script: Script) -> Script {
    let script = script.wait(chance.ms());
    let reason = chance.one_of(&["stop", "stop", "length", "content_filter"]);
    match chance.below(12) {
        0 => script,
        1 => script.done(),
        2 => script.fails(error(chance)),
        3 => script.bytes("data: {\"choices\":[\n\n").says("no"),
        4 => script.bytes("data: {\"error\":{\"code\":503}}\n\n"),
        5 => script.hangs(),
        6 => script.panics(),
        7 => script.finish(reason),
        8 => script.finish(reason).hangs(),
        9 => script.finish(reason).fails(UpstreamError::Reset),
        _ => script.finish(reason).usage().done().bytes("data: late\n\n"),
    }
}

/// The same bytes, cut elsewhere, some of them later.
fn recut(chance: &mut Chance, script: Script) -> Script {
    let mut cut = Script { steps: Vec::new(), ..script.clone() };
    let script = if chance.percent(30) { script.joined() } else { script };
    let often = chance.one_of(&[0, 5, 50]);
    for step in script.steps {
        if let Step::Bytes(bytes) = &step
            && chance.percent(often)
        {
            let at = chance.below(bytes.len() + 1);
            let wait = chance.between(0, 50);
            cut = cut.bytes(bytes.slice(..at)).wait(wait).bytes(bytes.slice(at..));
        } else {
            cut.steps.push(step);
        }
    }
    cut
}
