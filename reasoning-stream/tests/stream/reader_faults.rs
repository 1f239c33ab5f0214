//! How a body may break off, and what a reader makes of a whole completion.

use reasoning_stream::sse::Limits;
use reasoning_stream::{
    FinishReason, Framing, Piece, ReaderOptions, ReportedError, StreamFault, Usage, Warning,
};

use crate::reader::{END, answer, delta, read, read_body, read_events, reasoning};
use crate::vectors::{single, two_way};

fn reported(status: Option<u16>, code: Option<&str>) -> Piece {
    let code = code.map(str::to_owned);
    Piece::Fault(StreamFault::Reported(ReportedError { status, code }))
}

#[test]
fn reported_errors() {
    let long = format!(r#"{{"error":{{"code":"{}","type":"t"}}}}"#, "x".repeat(65));
    for (data, status, code) in [
        (r#"{"error":{"message":"secret","type":"server_error"}}"#, None, Some("server_error")),
        (r#"{"error":{"code":502,"type":"bad"}}"#, Some(502), Some("bad")),
        (r#"{"error":{"code":"429"}}"#, Some(429), Some("429")),
        (r#"{"error":{"code":"a.b_c-d","type":"t","status":503}}"#, Some(503), Some("a.b_c-d")),
        (r#"{"error":{"code":"no such thing","type":"t"}}"#, None, Some("t")),
        (r#"{"error":{"code":"no such thing","code":7}}"#, None, None),
        (r#"{"error":{"code":70000}}"#, None, None),
        (r#"{"error":{}}"#, None, None),
        (r#"{"error":"secret"}"#, None, None),
        (r#"{"error":"secret","code":503,"type":"overloaded"}"#, Some(503), None),
        (r#"{"type":"error","error":{"type":"overloaded_error"}}"#, None, Some("overloaded_error")),
        (r#"{"message":"secret","code":400}"#, Some(400), None),
        (r#"{"message":"secret","type":"invalid","status":422}"#, Some(422), Some("invalid")),
        (r#"{"choices":[{"delta":{},"finish_reason":"error"}]}"#, None, None),
        (r#"{"choices":[{"delta":{},"error":{"code":504}}]}"#, Some(504), None),
        (r#"{"choices":[],"error":{"code":500}}"#, Some(500), None),
        (&long, None, Some("t")),
    ] {
        assert_eq!(read_events(&[data, "[DONE]"]), [reported(status, code)], "{data}");
    }
    for (data, status) in
        [("{\"code\":400,\"details\":\"x\"}", Some(400)), ("secret", None), ("", None)]
    {
        let body = format!("event: error\ndata: {data}\n\ndata: [DONE]\n\n");
        assert_eq!(read_body(body.as_bytes()), [reported(status, None)], "{data}");
    }
}

#[test]
fn text_before_an_error_is_told() {
    let cut = r#"{"choices":[{"delta":{"content":"<final>a"},"finish_reason":"error"}]}"#;
    assert_eq!(read_events(&[cut]), [END, answer("a"), reported(None, None)]);
}

#[test]
fn broken_json_is_a_fault() {
    for data in ["{", "<html>", r#"{"choices":[}"#, "{} {}", r#"{"choices":[]"#, "[DONE"] {
        let fault = Piece::Fault(StreamFault::Malformed);
        assert_eq!(read_events(&[data, "[DONE]"]), [fault], "{data}");
    }
}

#[test]
fn a_stream_may_break_off() {
    let first = format!("data: {}\n\n", delta(r#"{"content":"<final>a"}"#));
    let second = format!("data: {}", delta(r#"{"content":"b"}"#));
    for (rest, expected) in [
        (String::new(), vec![END, answer("a")]),
        ("data: [DONE]".into(), vec![END, answer("a"), Piece::Done]),
        ("data: [DONE]\n".into(), vec![END, answer("a"), Piece::Done]),
        ("data: [DON".into(), vec![END, answer("a")]),
        (second.clone(), vec![END, answer("ab")]),
        (second[..second.len() - 1].into(), vec![END, answer("a")]),
        ("data: {\"error\":{}}".into(), vec![END, answer("a"), reported(None, None)]),
        (": hi".into(), vec![END, answer("a")]),
    ] {
        assert_eq!(read_body(format!("{first}{rest}").as_bytes()), expected, "{rest}");
    }
}

#[test]
fn limits_hold() {
    let limits = Limits { line: 100, event: 150 };
    let options = ReaderOptions { limits, ..Default::default() };
    let fault = |limit| Piece::Fault(StreamFault::LineTooLong { limit });
    let first = format!("data: {}\n\n", delta(r#"{"content":"<final>a"}"#));
    let long = format!("{first}data: {}", "x".repeat(200));
    assert_eq!(read(options, &[long.as_bytes()]), [END, answer("a"), fault(100)]);
    let json = ReaderOptions { framing: Framing::Json, ..options };
    assert_eq!(read(json, &single(&[b'x'; 151])), [fault(150)]);
    assert_eq!(read(json, &single(&[b' '; 151])), [Piece::Fault(StreamFault::Malformed)]);
}

#[test]
fn a_whole_completion() {
    let options = ReaderOptions { framing: Framing::Json, ..Default::default() };
    let fault = Piece::Fault(StreamFault::Malformed);
    for (body, expected) in [
        (
            &b"\n\n {\"choices\":[{\"index\":0,\"message\":{\"content\":\"<analysis>r</analysis><final>a\"},\
            \"finish_reason\":\"stop\"}],\"usage\":{\"total_tokens\":3}}\n"[..],
            vec![
                reasoning("r"),
                END,
                answer("a"),
                Piece::Finish(FinishReason::Stop),
                Piece::Usage(Box::new(Usage { total_tokens: Some(3), ..Usage::default() })),
                Piece::Done,
            ],
        ),
        (
            "\u{feff}{\"choices\":[{\"message\":{\"reasoning_content\":\"r\",\"content\":\"a\"}}]}".as_bytes(),
            vec![reasoning("r"), END, answer("a"), Piece::Done],
        ),
        (
            b"{\"choices\":[{\"message\":{\"content\":\"<final>\xff\"}}]}",
            vec![Piece::Warning(Warning::BadUtf8), END, answer("\u{fffd}"), Piece::Done],
        ),
        (
            b"{\"choices\":[{\"message\":{\"content\":\"a\"},\"delta\":null}]}",
            vec![END, answer("a"), Piece::Done],
        ),
        (b"{\"error\":{\"code\":503}}", vec![reported(Some(503), None)]),
        (b"{}", vec![fault.clone()]),
        (b"", vec![fault.clone()]),
        (b"[DONE]", vec![fault.clone()]),
        (b"<html>", vec![fault.clone()]),
        (b"{\"choices\":[{\"message\":{\"content\":\"a\"}", vec![fault]),
    ] {
        for chunks in two_way(body).chain([single(body)]) {
            assert_eq!(read(options, &chunks), expected, "as {chunks:?}");
        }
    }
}
