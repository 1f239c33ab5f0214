//! When the splitter tells what it knows, what it warns of, and what it holds at most.

use reasoning_stream::{OnMissingFinal, Piece, Splitter, Warning};

use crate::told::{cuts, split};

/// The pieces of each push, and of the end.
fn steps(choice: OnMissingFinal, chunks: &[&str]) -> Vec<Vec<Piece>> {
    let mut splitter = Splitter::new(choice);
    let mut steps = Vec::new();
    for chunk in chunks {
        splitter.push(chunk);
        steps.push(std::iter::from_fn(|| splitter.pop()).collect());
    }
    splitter.finish();
    steps.push(std::iter::from_fn(|| splitter.pop()).collect());
    steps
}

fn reasoning(text: &str) -> Piece {
    Piece::Reasoning(text.into())
}

fn answer(text: &str) -> Piece {
    Piece::Answer(text.into())
}

#[test]
fn rule_8_nothing_else_is_held_back() {
    let none = Vec::new;
    for (chunks, expected) in [
        (
            &["<analysis>r ", "<b", "<", "/", "x", "</analysis"][..],
            vec![
                vec![reasoning("r ")],
                vec![reasoning("<b")],
                none(),
                none(),
                vec![reasoning("</x")],
                none(),
                vec![reasoning("</analysis"), Piece::ReasoningEnd],
            ],
        ),
        (
            &["<final>a \n", "<f", "</f", "inals", "</final>", "b"],
            vec![
                vec![Piece::ReasoningEnd, answer("a \n")],
                vec![answer("<f")],
                none(),
                vec![answer("</finals")],
                none(),
                vec![answer("</final>b")],
                none(),
            ],
        ),
        (
            &["<analysis>r</analysis>", " \n", "x", " ", "<final>", "a"],
            vec![
                vec![reasoning("r"), Piece::ReasoningEnd],
                none(),
                vec![reasoning(" \nx")],
                none(),
                vec![reasoning(" <final>")],
                vec![reasoning("a")],
                vec![
                    Piece::Warning(Warning::MissingFinal),
                    Piece::Retract("<final>a".len()),
                    Piece::ReasoningEnd,
                    answer("a"),
                ],
            ],
        ),
    ] {
        assert_eq!(steps(OnMissingFinal::Reasoning, chunks), expected, "{chunks:?}");
    }
}

#[test]
fn pieces_come_as_soon_as_they_are_known() {
    let (reason, choose) = (OnMissingFinal::Reasoning, OnMissingFinal::Answer);
    let warning = Piece::Warning(Warning::MissingFinal);
    for (choice, chunks, expected) in [
        (reason, &["plain"][..], vec![vec![], vec![Piece::ReasoningEnd, answer("plain")]]),
        (
            reason,
            &["<analysis>r</analysis>", "g", "\n<final>"],
            vec![
                vec![reasoning("r"), Piece::ReasoningEnd],
                vec![reasoning("g")],
                vec![Piece::ReasoningEnd],
                vec![],
            ],
        ),
        (
            reason,
            &["<analysis>r</analysis> g", "</final>"],
            vec![
                vec![reasoning("r"), Piece::ReasoningEnd, reasoning(" g")],
                vec![Piece::Retract(2), Piece::ReasoningEnd, answer("g")],
                vec![],
            ],
        ),
        (
            choose,
            &["<analysis>r</analysis>g"],
            vec![
                vec![reasoning("r"), Piece::ReasoningEnd, reasoning("g")],
                vec![warning.clone(), Piece::Retract(1), Piece::ReasoningEnd, answer("g")],
            ],
        ),
        (
            reason,
            &["<final>a</final><analysis>", "l", "</analysis>"],
            vec![
                vec![Piece::ReasoningEnd, answer("a"), Piece::Warning(Warning::LateReasoning)],
                vec![reasoning("l")],
                vec![Piece::ReasoningEnd],
                vec![],
            ],
        ),
    ] {
        assert_eq!(steps(choice, chunks), expected, "{chunks:?}");
    }
}

#[test]
fn warns_of_what_is_odd() {
    let (missing, late) = (Warning::MissingFinal, Warning::LateReasoning);
    for (text, expected) in [
        ("<analysis>r</analysis><final>a</final>", vec![]),
        ("plain", vec![]),
        ("<analysis>cut", vec![]),
        ("<analysis>so <final>a", vec![]),
        ("<analysis>r</analysis>", vec![missing]),
        ("<analysis>r</analysis>text", vec![missing]),
        ("<analysis>r</analysis>a</final>", vec![]),
        ("<final>a</final><analysis>l</analysis><analysis>m</analysis>", vec![late]),
    ] {
        for chunks in cuts(text) {
            assert_eq!(split(OnMissingFinal::Reasoning, chunks).warnings, expected, "{text}");
        }
    }
}

#[test]
fn what_can_be_rescued_has_a_limit() {
    let long = "x".repeat(1 << 20);
    for (text, rescued) in [
        (format!("<analysis>r</analysis>{long}</final>"), true),
        (format!("<analysis>r</analysis>{long}x</final>"), false),
        (format!("<analysis>r <final>{}", &long[7..]), true),
        (format!("<analysis>r <final>{long}"), false),
        (format!("<analysis>r <final>{long}</analysis>a</final>"), true),
    ] {
        let told = split(OnMissingFinal::Reasoning, [text.as_str()]);
        assert_eq!(!told.answer.is_empty(), rescued, "{}", text.len());
        let again = split(OnMissingFinal::Reasoning, [&text[..1000], &text[1000..]]);
        assert_eq!(told, again);
    }
}

#[test]
fn whitespace_that_is_held_has_a_limit() {
    for (length, told) in [(64 << 10, 0), ((64 << 10) + 1, (64 << 10) + 1), (100_000, 100_000)] {
        let blank = " ".repeat(length);
        for (text, reasoning, answer) in [
            (format!("<analysis>r</analysis>{blank}<final>a</final>{blank}"), 1 + told, 1 + told),
            (format!("<analysis>r</analysis>{blank}s\n<final>a</final>"), 2 + length, 1),
            (format!("<final>a</final>{blank}b"), 0, 2 + length),
            (
                format!("{}</final>{blank}", "x".repeat(300)),
                0,
                if told > 0 { 308 + told } else { 300 },
            ),
        ] {
            let split = |chunks: Vec<&str>| {
                let told = split(OnMissingFinal::Reasoning, chunks);
                (told.reasoning.len(), told.answer.len())
            };
            assert_eq!(split(vec![&text]), (reasoning, answer), "{length}");
            assert_eq!(split(text.split_inclusive(|_: char| true).collect()), (reasoning, answer));
        }
    }
}

#[test]
fn text_after_the_end_is_ignored() {
    let mut splitter = Splitter::new(OnMissingFinal::Reasoning);
    splitter.push("<final>a");
    splitter.finish();
    splitter.push("b");
    splitter.finish();
    let pieces: Vec<Piece> = std::iter::from_fn(|| splitter.pop()).collect();
    assert_eq!(pieces, [Piece::ReasoningEnd, answer("a")]);
}

#[test]
fn the_choice_is_a_word() {
    for choice in [OnMissingFinal::Reasoning, OnMissingFinal::Answer] {
        assert_eq!(choice.to_string().parse(), Ok(choice));
        assert_eq!(serde_json::to_string(&choice).unwrap(), format!("\"{choice}\""));
    }
    assert!("else".parse::<OnMissingFinal>().is_err());
}
