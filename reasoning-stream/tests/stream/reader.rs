//! The reader: what each kind of event becomes.

use reasoning_stream::{
    FinishReason, OnMissingFinal, Piece, Reader, ReaderOptions, ToolCall, ToolFunction, Usage,
    Warning,
};

use crate::vectors::{single, two_way};

/// All pieces of a body.
pub(crate) fn read(options: ReaderOptions, chunks: &[&[u8]]) -> Vec<Piece> {
    let mut reader = Reader::new(options);
    for chunk in chunks {
        reader.push(chunk);
    }
    reader.finish();
    reader.finish();
    reader.push(b"data: [DONE]\n\n");
    std::iter::from_fn(|| reader.pop()).collect()
}

/// The pieces of some events, the same however they are cut.
pub(crate) fn read_events(events: &[&str]) -> Vec<Piece> {
    let body: String = events.iter().map(|data| format!("data: {data}\n\n")).collect();
    read_body(body.as_bytes())
}

pub(crate) fn read_body(body: &[u8]) -> Vec<Piece> {
    let pieces = merged(read(ReaderOptions::default(), &[body]));
    for chunks in two_way(body).chain([single(body)]) {
        assert_eq!(merged(read(ReaderOptions::default(), &chunks)), pieces, "as {chunks:?}");
    }
    pieces
}

/// Adjacent texts of one kind as one.
fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (merged.last_mut(), piece) {
            (Some(Piece::Reasoning(last)), Piece::Reasoning(text))
            | (Some(Piece::Answer(last)), Piece::Answer(text)) => last.push_str(&text),
            (_, piece) => merged.push(piece),
        }
    }
    merged
}

pub(crate) fn delta(delta: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#)
}

#[test]
fn expects_an_event_like_the_last_without_its_text() {
    let mut reader = Reader::new(ReaderOptions::default());
    let like = delta(r#"{"content":""}"#);
    for (step, data, expected) in [
        ("nothing that is alike", "", ""),
        ("a text", &*delta(r#"{"content":"six"}"#), &*like),
        ("another", &delta(r#"{"content":"times seven"}"#), &like),
        ("no text", r#"{"choices":[],"usage":null}"#, &like),
        ("a thought", &delta(r#"{"reasoning":"42?"}"#), &delta(r#"{"reasoning":""}"#)),
        ("the end", "[DONE]", &delta(r#"{"reasoning":""}"#)),
    ] {
        reader.push(format!("data: {data}\n\n").as_bytes());
        while reader.pop().is_some() {}
        assert_eq!(reader.expected(), expected, "after {step}");
    }
}

fn read_deltas(deltas: &[&str]) -> Vec<Piece> {
    let events: Vec<String> = deltas.iter().map(|json| delta(json)).collect();
    let mut events: Vec<&str> = events.iter().map(String::as_str).collect();
    events.push("[DONE]");
    read_events(&events)
}

pub(crate) fn reasoning(text: &str) -> Piece {
    Piece::Reasoning(text.into())
}

pub(crate) fn answer(text: &str) -> Piece {
    Piece::Answer(text.into())
}

pub(crate) const END: Piece = Piece::ReasoningEnd;

#[test]
fn a_whole_stream() {
    let pieces = read_body(
        b": hi\n\nevent: chunk\ndata: {\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"r\"}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\\n\\\"b\\u00e9\"},\"finish_reason\":null}],\"usage\":null}\n\n\
        data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"},\"finish_reason\":\"length\"}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"cost\":0.5}}\n\n\
        data: [DONE]\n\ndata: {\"error\":\"late\"}\n\n",
    );
    let usage = Usage {
        prompt_tokens: Some(1),
        completion_tokens: Some(2),
        total_tokens: None,
        rest: serde_json::from_str(r#"{"cost":0.5}"#).unwrap(),
    };
    assert_eq!(
        pieces,
        [
            reasoning("r"),
            END,
            answer("a\n\"bé"),
            Piece::Finish(FinishReason::Stop),
            Piece::Usage(Box::new(usage)),
            Piece::Done
        ]
    );
}

#[test]
fn reasoning_fields() {
    for (deltas, expected) in [
        (&[r#"{"reasoning_content":"a","reasoning":"b"}"#][..], "a"),
        (&[r#"{"reasoning":"b","reasoning_content":""}"#], "b"),
        (&[r#"{"reasoning":"a","reasoning_details":[{"text":"a"}]}"#], "a"),
        (&[r#"{"reasoning_details":[{"text":"a"},{"summary":"b"},{"data":"c"}]}"#], "ab"),
        (&[r#"{"reasoning_details":[{"text":"","summary":"b"},null,7]}"#], "b"),
        (&[r#"{"reasoning":"a"}"#, r#"{"reasoning":"a"}"#], "aa"),
        (&[r#"{"reasoning":"a","reasoning":"b"}"#], "b"),
        (&[r#"{"reason\u0069ng":"a"}"#], "a"),
        (&[r#"{"reasoning":{"text":"a"}}"#], ""),
        (&[r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]}]}"#], "a"),
        (&[r#"{"content":[{"type":"thinking","thinking":"a"}],"reasoning":"b"}"#], "b"),
        (
            &[
                r#"{"content":[{"type":"thinking","thinking":"a"},{"type":"thinking","thinking":"b"}]}"#,
            ],
            "ab",
        ),
    ] {
        let mut pieces = vec![reasoning(expected), END, Piece::Done];
        if expected.is_empty() {
            pieces.remove(0);
        }
        assert_eq!(read_deltas(deltas), pieces, "{deltas:?}");
    }
}

#[test]
fn content_may_be_a_list() {
    let list =
        r#"{"content":[{"type":"thinking","thinking":"r"},{"type":"text","text":"a"},"b",null]}"#;
    let pieces = [reasoning("r"), END, answer("abc"), Piece::Done];
    assert_eq!(read_deltas(&[list, r#"{"content":"c"}"#]), pieces);
}

#[test]
fn fields_and_tags_are_both_reasoning() {
    let text = |text: &str| format!(r#"{{"content":"{text}"}}"#);
    let (field, late) = (r#"{"reasoning":"r"}"#, r#"{"reasoning":"l"}"#);
    let warning = Piece::Warning(Warning::LateReasoning);
    for (deltas, expected) in [
        (
            vec![field, &text("<analysis>s</analysis><final>a</final>")],
            vec![reasoning("r\ns"), END, answer("a")],
        ),
        (
            vec![field, &text("a"), late, &text("b")],
            vec![
                reasoning("r"),
                END,
                answer("a"),
                warning.clone(),
                reasoning("l"),
                END,
                answer("b"),
            ],
        ),
        (
            vec![field, &text("<final>a"), late, &text("b")],
            vec![reasoning("r"), END, answer("a"), warning, reasoning("l"), END, answer("b")],
        ),
        (
            vec![&text("<analysis>s</analysis>g"), late, &text("</final>")],
            vec![reasoning("s"), END, reasoning("gl"), END],
        ),
    ] {
        let expected = [expected, vec![Piece::Done]].concat();
        assert_eq!(read_deltas(&deltas), expected, "{deltas:?}");
    }
}

#[test]
fn reasoning_ends_as_soon_as_other_text_comes() {
    let mut reader = Reader::new(ReaderOptions::default());
    let mut step = |json: &str| {
        reader.push(format!("data: {}\n\n", delta(json)).as_bytes());
        std::iter::from_fn(|| reader.pop()).collect::<Vec<_>>()
    };
    assert_eq!(step(r#"{"reasoning":"r"}"#), [reasoning("r")]);
    assert_eq!(step(r#"{"content":"\n<"}"#), []);
    assert_eq!(step(r#"{"content":"b"}"#), [END, answer("<b")]);
    assert_eq!(step(r#"{"content":" c\n<"}"#), [answer(" c\n")]);
}

#[test]
fn upstream_reasoning_can_be_dropped() {
    let options = ReaderOptions { parse_reasoning: false, ..Default::default() };
    let body = format!(
        "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
        delta(r#"{"reasoning":"r","content":"<analysis>s</analysis><final>"}"#),
        delta(r#"{"content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"a"}]}"#),
    );
    let expected = [reasoning("s"), END, answer("a"), Piece::Done];
    assert_eq!(read(options, &[body.as_bytes()]), expected);
}

#[test]
fn tool_calls_stand_in_order() {
    let call = |index, id: Option<&str>, name: Option<&str>, arguments: &str| ToolCall {
        index,
        id: id.map(str::to_owned),
        kind: id.map(|_| "function".to_owned()),
        function: ToolFunction { name: name.map(str::to_owned), arguments: Some(arguments.into()) },
    };
    let pieces = read_deltas(&[
        r#"{"reasoning":"r"}"#,
        r#"{"content":"a"}"#,
        r#"{"tool_calls":[{"index":1,"id":"c","type":"function","function":{"name":"f","arguments":""}}]}"#,
        r#"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#,
        r#"{"content":"b"}"#,
    ]);
    assert_eq!(
        pieces,
        [
            reasoning("r"),
            END,
            answer("a"),
            Piece::ToolCalls(vec![call(1, Some("c"), Some("f"), "")]),
            Piece::ToolCalls(vec![call(1, None, None, "{}")]),
            answer("b"),
            Piece::Done
        ]
    );
    for (json, expected) in [
        (
            r#"{"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":{"a":[1]}}},
               {"id":"y","type":"function","function":{"name":"g","arguments":"h"}}, 3]}"#,
            vec![call(0, Some("x"), Some("f"), r#"{"a":[1]}"#), call(1, Some("y"), Some("g"), "h")],
        ),
        (
            r#"{"function_call":{"name":"f","arguments":"{}"}}"#,
            vec![ToolCall { kind: Some("function".into()), ..call(0, None, Some("f"), "{}") }],
        ),
    ] {
        let expected = [END, Piece::ToolCalls(expected), Piece::Done];
        assert_eq!(read_deltas(&[&json.replace('\n', "")]), expected, "{json}");
    }
}

#[test]
fn finish_reasons() {
    for (json, expected) in [
        (r#""stop""#, Some(FinishReason::Stop)),
        (r#""length""#, Some(FinishReason::Length)),
        (r#""function_call""#, Some(FinishReason::ToolCalls)),
        (r#""eos""#, Some(FinishReason::Stop)),
        (r#""max_tokens""#, Some(FinishReason::Length)),
        (r#""done""#, Some(FinishReason::Other("done".into()))),
        ("null", None),
        (r#""null""#, None),
        (r#""""#, None),
        ("3", None),
    ] {
        let event = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":{json}}}]}}"#);
        let finish = expected.map(Piece::Finish);
        let expected: Vec<Piece> = finish.into_iter().chain([END, Piece::Done]).collect();
        assert_eq!(read_events(&[&event, "[DONE]"]), expected, "{json}");
    }
}

#[test]
fn what_is_no_chunk_is_ignored() {
    for data in [
        "{}",
        "[]",
        "7",
        "null",
        "\"text\"",
        "",
        "  ",
        r#"{"object":"ping"}"#,
        r#"{"choices":null}"#,
        r#"{"choices":{}}"#,
        r#"{"choices":[],"error":null}"#,
        r#"{"choices":[],"error":""}"#,
        r#"{"choices":[],"message":"hi","usage":{}}"#,
        r#"{"choices":[null,3,"x",{"delta":7,"index":"0","finish_reason":{}}],"usage":[],"id":-1.5}"#,
        r#"{"choices":[{"delta":{"content":3,"tool_calls":"x","role":null}}],"usage":true}"#,
    ] {
        assert_eq!(read_events(&[data, "[DONE]"]), [END, Piece::Done], "{data}");
    }
}

#[test]
fn odd_token_counts_are_kept_aside() {
    let event = r#"{"choices":[],"usage":{"prompt_tokens":"3","completion_tokens":4,"x":null}}"#;
    let usage = Usage {
        completion_tokens: Some(4),
        rest: serde_json::from_str(r#"{"x":null}"#).unwrap(),
        ..Usage::default()
    };
    assert_eq!(read_events(&[event, "[DONE]"]), [Piece::Usage(Box::new(usage)), END, Piece::Done]);
}

#[test]
fn replaced_bytes_are_warned_of_once() {
    let mut body = format!("data: {}\n\n", delta(r#"{"content":"<final>?"}"#)).into_bytes();
    let at = body.iter().position(|&byte| byte == b'?').unwrap();
    body[at] = 0xff;
    body = [&body[..], &body, b"data: [DONE]\n\n"].concat();
    let warning = Piece::Warning(Warning::BadUtf8);
    assert_eq!(
        read_body(&body),
        [END, answer("\u{fffd}"), warning, answer("<final>\u{fffd}"), Piece::Done]
    );
}

#[test]
fn the_choice_reaches_the_splitter() {
    let body = format!("data: {}\n\n", delta(r#"{"content":"<analysis>r</analysis>a"}"#));
    let on_missing_final = OnMissingFinal::Answer;
    let pieces = read(ReaderOptions { on_missing_final, ..Default::default() }, &[body.as_bytes()]);
    assert_eq!(pieces.last(), Some(&answer("a")));
}
