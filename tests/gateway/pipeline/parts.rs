//! Dialects that stream tool calls hear their parts, in their place among the texts.

use std::sync::{Arc, Mutex};

use inference_gateway::relay::caller::Caller;
use inference_gateway::relay::outbox::{Commit, Encoder};
use inference_gateway::upstream::error::UpstreamError;
use reasoning_stream::{Event, ToolCall};
use serde_json::{Value, json};

use crate::scenario::Scenario;
use crate::scenario::rig::next;
use crate::scenario::script::Script;

/// Notes what it is told, in few words.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, what: String, out: &mut Vec<u8>) {
        self.0.lock().expect("nobody panicked").push(what);
        out.push(b'.');
    }
}

impl Encoder for Notes {
    fn encode(&mut self, event: &Event, _request_id: &str, out: &mut Vec<u8>) {
        let what = match event {
            Event::OutputDelta(text) => text.clone(),
            Event::OutputDone(done) => done.finish_reason.as_str().to_owned(),
            Event::PromptSummary(_)
            | Event::RawReasoning(_)
            | Event::ReasoningDelta(_)
            | Event::ReasoningSummary(_)
            | Event::Error(_) => event.name().to_owned(),
        };
        self.note(what, out);
    }

    fn encode_tool_calls(&mut self, parts: &[ToolCall], _request_id: &str, out: &mut Vec<u8>) {
        for part in parts {
            let arguments = part.function.arguments.as_deref().unwrap_or_default();
            self.note(format!("[{}{arguments}]", part.index), out);
        }
    }

    fn commit(&self) -> Commit {
        Commit::WithTheAnswer
    }
}

fn call(index: u32, arguments: &str) -> Value {
    let function = json!({"name": "add", "arguments": arguments});
    json!({"tool_calls": [{"index": index, "id": "a", "function": function}]})
}

async fn noted(answer: Script) -> Vec<String> {
    let rig = Scenario::new().answer(answer).rig("Add!");
    let notes = Notes::default();
    let served =
        rig.relay.serve(rig.request.clone(), &Caller::default(), Box::new(notes.clone())).await;
    let mut frames = served.unwrap_or_else(|failure| panic!("{failure:?}"));
    while next(&mut frames).await.is_some() {}
    let noted = notes.0.lock().expect("nobody panicked");
    noted.clone()
}

#[tokio::test(start_paused = true)]
async fn tool_calls_stand_where_the_model_made_them() {
    let calls = |script: Script| script.delta(&call(0, "{")).delta(&call(1, "{}"));
    for (case, answer, expected) in [
        (
            "text, calls, text",
            calls(Script::stream().says("Let me see.")).delta(&call(0, "}")).says("\nSo."),
            &["Let me see.", "[0{]", "[1{}]", "[0}]", "\nSo.", "stop"][..],
        ),
        ("calls alone", calls(Script::stream()), &["[0{]", "[1{}]", "stop"]),
        (
            "thoughts around them",
            calls(Script::stream().thinks("why")).wait(1_000).thinks("late"),
            &["[0{]", "[1{}]", "stop"],
        ),
    ] {
        let heard = noted(answer.stops()).await;
        assert_eq!(heard[..2], ["summary.prompt", "summary.reasoning"], "{case}: {heard:?}");
        assert_eq!(heard[2..], *expected, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dialect_may_leave_the_status_to_the_answer() {
    let refused = UpstreamError::Refused { status: 400, code: None };
    let late = Script::call().wait(2_000).fails(refused);
    let rig = Scenario::new().answer(late).rig("Why?");
    let served =
        rig.relay.serve(rig.request.clone(), &Caller::default(), Box::new(Notes::default())).await;
    assert_eq!(served.err().map(|failure| failure.status), Some(400));
    assert_eq!(rig.log.ms(), 2_000);
}
