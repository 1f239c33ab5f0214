//! What a good, or nearly good, conversation looks like.

use crate::gateway::{
    Act, Gateway, HEAD, answer, asked, done, event, failed, flawless, mused, said, send, stream,
    thought,
};
use crate::run::ask;

const WHOLE: &str = "=== 1) Summary of the prompt ===\nP\n\n\
    === 2) Summary of the model's reasoning ===\nR\n\n\
    === 3) The model's final output ===\n42\n\n[done]\n";

#[test]
fn prints_three_sections() {
    let ran = ask(&Gateway::streaming(&flawless()), &[]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (Some(0), WHOLE, ""));
}

#[test]
fn how_the_stream_is_cut_makes_no_difference() {
    let body = flawless().concat();
    for size in [1, 2, 3, 7, 64] {
        let pieces = body.as_bytes().chunks(size).map(|piece| Act::Send(piece.to_vec()));
        let script = [send(HEAD)].into_iter().chain(pieces).collect();
        let ran = ask(&Gateway::start(vec![script]), &[]);
        assert_eq!((ran.code, &*ran.out), (Some(0), WHOLE), "in pieces of {size}");
    }
}

#[test]
fn skips_comments_and_events_that_it_does_not_know() {
    let unknown = event("summary.of.tomorrow", &serde_json::json!({"text": "x"}));
    let mut events = vec![": keep-alive\n\n".to_owned()];
    for it in flawless() {
        events.extend([unknown.clone(), ": keep-alive\n\n".to_owned(), it]);
    }
    let ran = ask(&Gateway::streaming(&events), &[]);
    assert_eq!((ran.code, &*ran.out), (Some(0), WHOLE));
}

#[test]
fn a_summary_that_failed_is_marked() {
    let fallback = event(
        "summary.prompt",
        &serde_json::json!({"text": "P", "request_id": "req-1", "source": "fallback"}),
    );
    let warned = failed("prompt_summary", false, "too slow");
    let events = [warned, fallback, thought("R"), said("42"), done("stop")];
    let ran = ask(&Gateway::streaming(&events), &[]);
    assert_eq!((ran.code, &*ran.out), (Some(0), WHOLE));
    assert_eq!(
        ran.err,
        "warning: prompt summary: too slow (summary_timeout, timeout)\n\
         note: no model summarised the prompt: its first sentences follow\n"
    );
}

#[test]
fn an_answer_that_was_cut_off_by_a_limit_is_noted() {
    let events = [asked("P"), thought("R"), said("42"), done("length")];
    let ran = ask(&Gateway::streaming(&events), &[]);
    assert_eq!((ran.code, &*ran.out), (Some(0), WHOLE));
    assert!(ran.err.contains("token limit (length)"), "{}", ran.err);
}

#[test]
fn no_reasoning_is_said() {
    let none = serde_json::json!({"text": "", "request_id": "req-1", "source": "none"});
    let events = [asked("P"), event("summary.reasoning", &none), said("42"), done("stop")];
    let ran = ask(&Gateway::streaming(&events), &[]);
    assert_eq!(ran.out, WHOLE.replace("\nR\n", "\n(the model showed no reasoning)\n"));
}

#[test]
fn raw_reasoning_is_shown_to_those_who_ask_for_it() {
    let events = [asked("P"), mused("h"), mused("m"), thought("R"), said("42"), done("stop")];
    let gateway = Gateway::streaming(&events);
    let ran = ask(&gateway, &["--reasoning", "raw"]);
    let raw = "P\n\n=== The model's reasoning, word for word ===\nhm\n\n===";
    assert_eq!((ran.code, &*ran.out), (Some(0), &*WHOLE.replace("P\n\n===", raw)));
    assert_eq!(gateway.request().body["summaries"], serde_json::json!({"visibility": "raw"}));
    let unasked = ask(&Gateway::streaming(&events), &[]);
    assert_eq!((unasked.code, unasked.out.contains("hm")), (Some(7), false), "{unasked:?}");
}

#[test]
fn a_gateway_that_shows_no_reasoning_is_no_surprise_to_those_who_say_so() {
    let events = [asked("P"), said("42"), done("stop")];
    let ran = ask(&Gateway::streaming(&events), &["--reasoning", "none"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let ran = ask(&Gateway::streaming(&events), &[]);
    assert!(ran.code == Some(7) && ran.err.contains("--reasoning none"), "{ran:?}");
}

#[test]
fn hostile_characters_do_not_reach_the_terminal() {
    let hostile = "a\x1b]0;x\x07\u{9b}31m\u{202e}b\r";
    let warned = failed("reasoning_summary", false, hostile);
    let events = [asked(hostile), warned, thought(hostile), said(hostile), done(hostile)];
    let ran = ask(&Gateway::streaming(&events), &[]);
    let seen = ran.out + &ran.err;
    assert_eq!(ran.code, Some(0));
    assert_eq!(seen.matches("a␛]0;x␇\u{fffd}31m\u{fffd}b").count(), 5, "{seen:?}");
    assert!(seen.chars().all(|it| it == '\n' || !it.is_control()), "{seen:?}");
}

#[test]
fn an_answer_that_is_not_streamed_looks_the_same() {
    let body = r#"{"choices":[{"message":{"content":"42"},"finish_reason":"stop"}],
        "summaries":{"prompt":{"text":"P","source":"model"},"reasoning":{"text":"R","source":"model"}}}"#;
    let gateway = Gateway::start(vec![answer("200 OK", "application/json", body)]);
    let ran = ask(&gateway, &["--no-stream"]);
    assert_eq!((ran.code, &*ran.out), (Some(0), WHOLE));
    assert_eq!(gateway.request().body["stream"], false);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let long: Vec<String> = [asked("P"), thought("R")]
        .into_iter()
        .chain((0..2000).map(|line| said(&format!("line {line} {}\n", "x".repeat(100)))))
        .chain([done("stop")])
        .collect();
    let gateway = Gateway::start(vec![stream(&long)]);
    let mut child = crate::run::command(&["--url", &gateway.url(), "hi"]).spawn().unwrap();
    drop(child.stdout.take());
    let ran = crate::run::end_of(child);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""));
}

/// A stream without a summary of the reasoning, from a gateway that says so much of what it shows.
fn without_reasoning(shown: Option<&str>) -> Gateway {
    let says = shown.map(|it| format!("X-Reasoning-Visibility: {it}\r\n")).unwrap_or_default();
    let head = HEAD.replace("Connection: close", &format!("{says}Connection: close"));
    let events = [asked("P"), said("42"), done("stop")];
    Gateway::start(vec![vec![send(head + &events.concat())]])
}

#[test]
fn no_summary_is_missed_where_the_gateway_shows_none() {
    for (shown, args, code) in [
        (Some("none"), &[][..], 0),
        (Some("none"), &["--reasoning", "raw"], 0),
        (None, &["--reasoning", "none"], 0),
        (None, &[], 7),
        (Some("summary"), &[], 7),
    ] {
        let ran = ask(&without_reasoning(shown), args);
        assert_eq!(ran.code, Some(code), "{shown:?}, {args:?}: {}", ran.err);
        assert_eq!(ran.out.contains("42"), code == 0, "{shown:?}, {args:?}: {}", ran.out);
    }
}
