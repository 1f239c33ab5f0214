//! From events to text, as tables.

use gateway_client::{Done, ErrorEvent, Event, Source, Summary, SummaryDelta, ToolCall};
use serde_json::json;

use super::Sections;
use crate::cli::markdown::Markdown;
use crate::cli::paint::Paint;
use crate::cli::pen::Pen;

fn summary(text: &str, source: Source) -> Summary {
    Summary { text: text.to_owned(), source }
}

fn asked(text: &str) -> Event {
    Event::PromptSummary(summary(text, Source::Model))
}

fn thought(text: &str) -> Event {
    Event::ReasoningSummary(summary(text, Source::Model))
}

fn line(index: u32, text: &str) -> Event {
    Event::ReasoningDelta(SummaryDelta { text: text.to_owned(), index, restarted: false })
}

fn said(text: &str) -> Event {
    Event::OutputDelta(text.to_owned())
}

fn done(reason: &str) -> Event {
    let done: Done = serde_json::from_value(json!({ "finish_reason": reason })).unwrap();
    Event::OutputDone(done)
}

fn failed() -> Event {
    let error: ErrorEvent = serde_json::from_value(json!({
        "message": "m", "stage": "upstream_stream", "code": "c", "status": 502, "retryable": true,
        "fatal": true, "error": {"message": "m", "type": "server_error", "param": null, "code": "c"},
    }))
    .unwrap();
    Event::Error(error)
}

fn printed(events: &[Event], paint: Paint) -> String {
    let mut out = Vec::new();
    let mut sections = Sections::new(Pen::new(&mut out, paint, || None), None);
    events.iter().for_each(|event| sections.show(event).unwrap());
    String::from_utf8(out).unwrap()
}

const ONE: &str = "=== 1) Summary of the prompt ===\nP\n\n";
const TWO: &str = "=== 2) Summary of the model's reasoning ===\nR\n\n";
const THREE: &str = "=== 3) The model's final output ===\n";

#[test]
fn prints_three_sections() {
    let whole = format!("{ONE}{TWO}{THREE}42\n\n[done]\n");
    for (case, answer) in [
        ("one piece", &[said("42")] as &[Event]),
        ("two pieces", &[said("4"), said("2")]),
        ("empty pieces", &[said(""), said("42"), said("")]),
        ("ends its line itself", &[said("42\n")]),
        ("ends its line with \\r\\n", &[said("42"), said("\r"), said("\n")]),
    ] {
        let events = [&[asked("P"), thought("R")], answer, &[done("stop")]].concat();
        assert_eq!(printed(&events, Paint::PLAIN), whole, "{case}");
    }
}

#[test]
fn prints_each_part_at_once() {
    for (case, events, text) in [
        ("nothing", vec![], String::new()),
        ("first summary", vec![asked("P")], ONE.to_owned()),
        ("both", vec![asked("P\n"), thought("R\n\n")], format!("{ONE}{TWO}")),
        ("answering", vec![asked("P"), thought("R"), said("4")], format!("{ONE}{TWO}{THREE}4")),
    ] {
        assert_eq!(printed(&events, Paint::PLAIN), text, "{case}");
    }
}

#[test]
fn prints_live_lines_once() {
    let anew =
        Event::ReasoningDelta(SummaryDelta { text: "anew".to_owned(), index: 2, restarted: true });
    let fallback = Event::ReasoningSummary(summary("first words", Source::Fallback));
    let two = "=== 2) Summary of the model's reasoning ===\n";
    for (case, events, text) in [
        ("as they come", vec![line(0, "a"), line(0, "b"), line(1, "c")], "ab\nc"),
        ("then the whole", vec![line(0, "a"), line(1, "b"), thought("a\nb")], "a\nb\n\n"),
        (
            "then the answer",
            vec![line(0, "a"), thought("a"), said("4")],
            "a\n\n=== 3) The model's final output ===\n4",
        ),
        (
            "anew",
            vec![line(0, "a"), line(1, "b"), anew, thought("anew")],
            "a\nb\n(the model thinks anew)\nanew\n\n",
        ),
        ("then a fallback", vec![line(0, "a"), fallback], "a\nfirst words\n\n"),
        ("then a break", vec![line(0, "a"), failed(), done("error")], "a\n"),
    ] {
        let events = [vec![asked("P")], events].concat();
        assert_eq!(printed(&events, Paint::PLAIN), format!("{ONE}{two}{text}"), "{case}");
    }
}

#[test]
fn raw_reasoning_stands_before_its_summary() {
    let raw = |text: &str| Event::RawReasoning(text.to_owned());
    let head = "=== The model's reasoning, word for word ===\n";
    for (case, events, text) in [
        ("as it comes", vec![raw("h"), raw("m")], format!("{head}hm")),
        ("then a summary", vec![raw("h"), raw("m\n"), thought("R")], format!("{head}hm\n\n{TWO}")),
        (
            "then live lines",
            vec![raw("hm"), line(0, "R"), thought("R")],
            format!("{head}hm\n\n{TWO}"),
        ),
        ("then the answer", vec![raw("hm"), said("4")], format!("{head}hm\n\n{THREE}4")),
        ("then a break", vec![raw("hm"), failed(), done("error")], format!("{head}hm\n")),
        ("hostile", vec![raw("\x1b[2J\r")], format!("{head}␛[2J")),
    ] {
        let events = [vec![asked("P")], events].concat();
        assert_eq!(printed(&events, Paint::PLAIN), format!("{ONE}{text}"), "{case}");
    }
    let dim = printed(&[raw("h\n")], Paint::COLOURED);
    assert!(dim.ends_with("\n\x1b[2mh\x1b[0m\n"), "{dim:?}");
}

#[test]
fn says_what_is_missing() {
    let no_reasoning = Event::ReasoningSummary(summary("", Source::None));
    let expected = format!(
        "{ONE}=== 2) Summary of the model's reasoning ===\n(the model showed no reasoning)\n\n\
         {THREE}(the model gave no answer)\n\n[done]\n"
    );
    assert_eq!(printed(&[asked("P"), no_reasoning, done("stop")], Paint::PLAIN), expected);
}

#[test]
fn never_says_done_under_a_broken_answer() {
    for (case, events, text) in [
        ("in the answer", vec![said("4"), failed(), done("error")], format!("{THREE}4\n")),
        ("before it", vec![failed(), done("error")], String::new()),
        ("without a word", vec![said("4\n"), done("error")], format!("{THREE}4\n")),
    ] {
        assert_eq!(printed(&events, Paint::PLAIN), text, "{case}");
    }
}

#[test]
fn prints_tool_calls() {
    let call: ToolCall = serde_json::from_value(
        json!({"index": 0, "id": "1", "function": {"name": "look\x1b", "arguments": "{\"a\":\n1}"}}),
    )
    .unwrap();
    let done = Done {
        tool_calls: vec![call],
        ..serde_json::from_value(json!({"finish_reason": "tool_calls"})).unwrap()
    };
    let expected = format!("{THREE}tool call: look␛({{\"a\": 1}})\n\n[done]\n");
    assert_eq!(printed(&[Event::OutputDone(done)], Paint::PLAIN), expected);
}

#[test]
fn lets_no_hostile_character_through() {
    let hostile = "a\x1b[2J\u{9b}m\u{202e}\x07\rb";
    let text =
        printed(&[asked(hostile), thought(hostile), said(hostile), done("stop")], Paint::PLAIN);
    assert!(text.chars().all(|it| it == '\n' || !it.is_control()), "{text:?}");
    assert_eq!(text.matches("␛[2J").count(), 3);
}

#[test]
fn a_fallback_is_dim_and_a_heading_bold() {
    let fallback = Event::PromptSummary(summary("P", Source::Fallback));
    let text = printed(&[fallback, thought("R")], Paint::COLOURED);
    assert!(
        text.starts_with("\x1b[1m=== 1) Summary of the prompt ===\x1b[0m\n\x1b[2mP\x1b[0m\n"),
        "{text:?}"
    );
    assert!(text.contains("\nR\n"), "{text:?}");
}

const MARKED: &str = "# Why\n\nIt is **blue** because `x`:\n\n```\nlet a_very_long_line = that_is_not * broken;\n```\n\n\
    | a | b |\n|---|---|\n- [1](http://a) *so*\n";

/// What a terminal of 40 columns shows of an answer in pieces of so many characters.
fn shown(answer: &str, size: usize, paint: Paint) -> String {
    let mut out = Vec::new();
    let pen = Pen::new(&mut out, paint, || Some(40));
    let mut sections = Sections::new(pen, Some(Markdown::default()));
    let letters: Vec<char> = answer.chars().collect();
    for piece in letters.chunks(size) {
        sections.show(&said(&piece.iter().collect::<String>())).unwrap();
    }
    sections.show(&done("stop")).unwrap();
    String::from_utf8(out).unwrap()
}

fn unpainted(painted: &str) -> String {
    let mut rest = painted.split('\x1b');
    let first = rest.next().unwrap_or_default().to_owned();
    first + &rest.map(|part| part.split_once('m').unwrap().1).collect::<String>()
}

#[test]
fn markdown_is_painted_and_stays_as_it_is() {
    let plain = shown(MARKED, 1_000, Paint::PLAIN);
    assert_eq!(plain, format!("{THREE}{MARKED}\n[done]\n"));
    for size in [1, 2, 3, 7, 1_000] {
        let painted = shown(MARKED, size, Paint::COLOURED);
        assert_eq!(unpainted(&painted), plain, "in pieces of {size}");
        assert!(painted.contains("\x1b[1mblue\x1b[0m") || size < 6, "{painted:?}");
    }
}

#[test]
fn long_lines_end_between_words() {
    let text = "a line of an answer that is longer than forty columns";
    let expected = "a line of an answer that is longer than\nforty columns\n";
    for size in [1, 5, 100] {
        assert!(shown(text, size, Paint::PLAIN).contains(expected), "in pieces of {size}");
    }
}

#[test]
fn a_pause_shows_the_word_that_waits() {
    for (case, events, shown) in [
        ("a live line", vec![line(0, "so far")], "\nso far"),
        ("an answer", vec![said("so"), said(" far")], "\nso far"),
        ("a number", vec![said("42")], "\n42"),
        ("marks, whose meaning is to come", vec![said("so ``")], "\nso "),
        ("a line's marks", vec![said("so\n``")], "\nso\n"),
    ] {
        let mut out = Vec::new();
        let pen = Pen::new(&mut out, Paint::PLAIN, || Some(40));
        let mut sections = Sections::new(pen, Some(Markdown::default()));
        events.iter().for_each(|event| sections.show(event).unwrap());
        sections.pause().unwrap();
        drop(sections);
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with(shown), "{case}: {text:?}");
    }
}
