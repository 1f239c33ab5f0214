//! The wire form of events: exact bytes out, the same event back.

use reasoning_stream::sse::{Decoder, Limits};
use reasoning_stream::{
    Attempts, Done, Envelope, ErrorEvent, Event, FinishReason, OpenAiError, Source, Stage, Summary,
    SummaryDelta, Timings, ToolCall, ToolFunction, Usage,
};

fn summary(text: &str, source: Source) -> Summary {
    Summary { text: text.into(), source }
}

pub(crate) fn done(finish_reason: FinishReason) -> Event {
    Event::OutputDone(Done {
        finish_reason,
        usage: None,
        timings: Timings::default(),
        warnings: vec![],
        attempts: Attempts::default(),
        tool_calls: vec![],
    })
}

fn full_done() -> Event {
    Event::OutputDone(Done {
        finish_reason: FinishReason::ToolCalls,
        usage: Some(Usage {
            prompt_tokens: Some(3),
            completion_tokens: Some(4),
            total_tokens: None,
            rest: serde_json::from_str(r#"{"cost":0.5}"#).unwrap(),
        }),
        timings: Timings { total: Some(12), ..Timings::default() },
        warnings: vec!["missing_final".into()],
        attempts: Attempts { a: 1, b: 2, c: 0 },
        tool_calls: vec![ToolCall {
            index: 0,
            id: Some("c1".into()),
            kind: Some("function".into()),
            function: ToolFunction { name: Some("f".into()), arguments: Some("{}".into()) },
        }],
    })
}

pub(crate) fn error(fatal: bool) -> Event {
    Event::Error(ErrorEvent {
        message: "try later".into(),
        stage: Stage::UpstreamStream,
        detail: None,
        code: "upstream_busy".into(),
        status: 429,
        retryable: true,
        fatal,
        error: OpenAiError {
            message: "try later".into(),
            kind: "rate_limit_error".into(),
            param: None,
            code: Some("upstream_busy".into()),
        },
    })
}

#[test]
fn writes_and_reads_every_event() {
    for (event, expected) in [
        (
            Event::PromptSummary(summary("a\nb", Source::Model)),
            "event: summary.prompt\ndata: {\"text\":\"a\\nb\",\"source\":\"model\",\"request_id\":\"r\"}\n\n",
        ),
        (
            Event::ReasoningSummary(summary("", Source::None)),
            "event: summary.reasoning\ndata: {\"text\":\"\",\"source\":\"none\",\"request_id\":\"r\"}\n\n",
        ),
        (
            Event::RawReasoning("hm\n".into()),
            "event: reasoning.delta\ndata: {\"text\":\"hm\\n\",\"request_id\":\"r\"}\n\n",
        ),
        (
            Event::ReasoningDelta(SummaryDelta { text: "a".into(), index: 0, restarted: false }),
            "event: summary.reasoning.delta\ndata: {\"text\":\"a\",\"index\":0,\"request_id\":\"r\"}\n\n",
        ),
        (
            Event::ReasoningDelta(SummaryDelta { text: "b".into(), index: 1, restarted: true }),
            "event: summary.reasoning.delta\ndata: {\"text\":\"b\",\"index\":1,\"restarted\":true,\"request_id\":\"r\"}\n\n",
        ),
        (
            Event::ReasoningSummary(summary("a", Source::SecondModel)),
            "event: summary.reasoning\ndata: {\"text\":\"a\",\"source\":\"second_model\",\"request_id\":\"r\"}\n\n",
        ),
        (
            Event::OutputDelta("\"é\r\n\u{1}".into()),
            "event: output.delta\ndata: {\"text\":\"\\\"é\\r\\n\\u0001\",\"request_id\":\"r\"}\n\n",
        ),
        (
            error(true),
            "event: error\ndata: {\"message\":\"try later\",\"stage\":\"upstream_stream\",\
             \"detail\":null,\"code\":\"upstream_busy\",\"status\":429,\"retryable\":true,\"fatal\":true,\
             \"error\":{\"message\":\"try later\",\"type\":\"rate_limit_error\",\"param\":null,\
             \"code\":\"upstream_busy\"},\"request_id\":\"r\"}\n\n",
        ),
        (
            done(FinishReason::Stop),
            "event: output.done\ndata: {\"finish_reason\":\"stop\",\"timings\":{},\"warnings\":[],\
             \"attempts\":{\"a\":0,\"b\":0,\"c\":0},\"request_id\":\"r\"}\n\n",
        ),
        (
            full_done(),
            "event: output.done\ndata: {\"finish_reason\":\"tool_calls\",\
             \"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"cost\":0.5},\
             \"timings\":{\"total\":12},\"warnings\":[\"missing_final\"],\
             \"attempts\":{\"a\":1,\"b\":2,\"c\":0},\
             \"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\
             \"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}],\"request_id\":\"r\"}\n\n",
        ),
    ] {
        let mut out = Vec::new();
        event.write("r", &mut out);
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);

        let mut decoder = Decoder::new(Limits::default());
        decoder.push(&out);
        let block = decoder.pop().unwrap().unwrap();
        let envelope = Envelope::read(block.name, block.data).unwrap().unwrap();
        assert_eq!(envelope, Envelope { request_id: "r".into(), event });
    }
}

#[test]
fn every_character_of_a_delta_is_written_as_json_has_it() {
    let plain = "forty bytes, none of which has an escape";
    let characters = ('\0'..='\u{ff}').chain(['\u{2028}', '\u{feff}', '\u{fffd}', '😀']);
    for character in characters {
        for text in [
            format!("{character}"),
            format!("{character}{plain}"),
            format!("{plain}{character}"),
            format!("{plain}{character}{plain}"),
        ] {
            let mut out = Vec::new();
            Event::OutputDelta(text.clone()).write_data(&text, &mut out);
            let json = serde_json::to_string(&text).unwrap();
            let expected = format!("{{\"text\":{json},\"request_id\":{json}}}");
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}

#[test]
fn reads_leniently_and_says_what_it_cannot_read() {
    let read = |name, data| Envelope::read(name, data).map(|envelope| envelope.map(|e| e.event));
    let delta = read("output.delta", r#"{"new":[1],"text":"a","request_id":"r"}"#);
    assert_eq!(delta.unwrap(), Some(Event::OutputDelta("a".into())));
    assert_eq!(read("something.new", "not even json").unwrap(), None);
    for (name, data) in [
        ("output.delta", "{}"),
        ("output.delta", "[1]"),
        ("output.done", r#"{"request_id":"r"}"#),
        ("error", "{"),
        ("summary.prompt", r#"{"text":"a","request_id":"r","source":"elsewhere"}"#),
    ] {
        let unreadable = read(name, data).unwrap_err();
        assert_eq!(unreadable.name, name, "{data}");
        assert!(unreadable.to_string().contains(name), "{unreadable}");
    }
}
