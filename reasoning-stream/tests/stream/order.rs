//! The order of events, against tables and against the grammar written as a regular language.

use reasoning_stream::{Disorder, Event, FinishReason, Order, Source, Summary, SummaryDelta};

use crate::event::{done, error as error_event};

/// An event for a letter: P and R summaries, T a raw thought, L a line of a live summary, D delta,
/// e and E errors (E fatal), F done.
fn event(letter: char) -> Event {
    let summary = Summary { text: String::new(), source: Source::Model };
    match letter {
        'P' => Event::PromptSummary(summary),
        'R' => Event::ReasoningSummary(summary),
        'T' => Event::RawReasoning("hm".into()),
        'L' => {
            Event::ReasoningDelta(SummaryDelta { text: String::new(), index: 0, restarted: false })
        }
        'D' => Event::OutputDelta("a".into()),
        'e' => error_event(false),
        'E' => error_event(true),
        'F' => done(FinishReason::Stop),
        other => panic!("no event is called {other}"),
    }
}

/// How many letters are in order; one more if the end is, too.
fn accepted(mut order: Order, letters: &str) -> usize {
    let fits = letters.chars().take_while(|&letter| order.check(&event(letter)).is_ok()).count();
    fits + usize::from(fits == letters.len() && order.finish().is_ok())
}

#[test]
fn accepts_what_the_grammar_allows() {
    for (prompt, reasoning, letters) in [
        (true, true, "PRF"),
        (true, true, "PRDDDF"),
        (true, true, "ePeRDF"),
        (true, true, "PRDEF"),
        (true, true, "PRDeF"),
        (true, true, "EF"),
        (true, true, "PEF"),
        (false, true, "RDF"),
        (true, false, "PDF"),
        (false, false, "DDF"),
        (false, false, "EF"),
    ] {
        let order = Order::expecting(prompt, reasoning);
        assert_eq!(accepted(order, letters), letters.len() + 1, "{letters}");
    }
    assert_eq!(Order::default(), Order::expecting(true, true));
}

#[test]
fn live_lines_stand_between_the_summaries_of_those_who_asked() {
    for (live, letters, accepts) in [
        (true, "PLLRDF", 7),
        (true, "ePLeRF", 7),
        (true, "PLEF", 5),
        (true, "LP", 0),
        (true, "PeL", 2),
        (true, "PRL", 2),
        (true, "PLLDF", 3),
        (false, "PLR", 1),
    ] {
        assert_eq!(accepted(Order::default().live(live), letters), accepts, "{letters}");
    }
    assert_eq!(accepted(Order::expecting(false, true).live(true), "LRF"), 4);
    assert_eq!(accepted(Order::expecting(true, false).live(true), "PL"), 1);
}

#[test]
fn raw_reasoning_stands_before_what_follows_from_it() {
    for (wanted, live, letters, accepts) in [
        ((true, true), false, "PTTRDF", 7),
        ((true, true), false, "ePTeRF", 7),
        ((true, true), false, "PTEF", 5),
        ((true, true), true, "PTLTRF", 7),
        ((true, true), false, "PTLR", 2),
        ((true, true), false, "TP", 0),
        ((true, true), false, "PeT", 2),
        ((true, true), false, "PRT", 2),
        ((true, false), false, "PTTDF", 6),
        ((true, false), false, "PTEF", 5),
        ((true, false), false, "PDT", 2),
        ((false, false), false, "TF", 3),
        ((false, true), false, "TTRF", 5),
    ] {
        let order = Order::expecting(wanted.0, wanted.1).live(live).raw(true);
        assert_eq!(accepted(order, letters), accepts, "{letters}");
    }
    assert_eq!(accepted(Order::default().live(true), "PT"), 1, "nobody may see it");
}

#[test]
fn says_what_came_and_what_was_allowed() {
    for (letters, came, allowed) in [
        ("R", "summary.reasoning", "error or summary.prompt"),
        ("eE", "error", "summary.prompt"),
        ("PD", "output.delta", "error or summary.reasoning"),
        ("PP", "summary.prompt", "error or summary.reasoning"),
        ("PeF", "output.done", "summary.reasoning"),
        ("PRR", "summary.reasoning", "output.delta, error or output.done"),
        ("PRED", "output.delta", "output.done"),
        ("PRFF", "output.done", "nothing"),
        ("PRFE", "error", "nothing"),
    ] {
        let mut order = Order::default();
        let disorder = letters.chars().find_map(|letter| order.check(&event(letter)).err());
        assert_eq!(disorder, Some(Disorder { came, allowed }), "{letters}");
    }
    let mut order = Order::default();
    let unfinished = order.finish().unwrap_err();
    assert_eq!(unfinished.to_string(), "the end came where only error or summary.prompt may stand");
    order.check(&event('E')).unwrap();
    assert_eq!(order.finish().unwrap_err().allowed, "output.done");
}

/// Removes one optional non-fatal error; `Err` holds what a fatal one leaves.
fn error(letters: &str) -> Result<&str, &str> {
    match letters.strip_prefix('E') {
        Some(rest) => Err(rest),
        None => Ok(letters.strip_prefix('e').unwrap_or(letters)),
    }
}

/// `[E] P (T|L)* [E] R D* [E] F`, a fatal E going straight to F, by recursive descent.
fn grammatical(letters: &str, wants: (bool, bool), live: bool, raw: bool) -> bool {
    let (prompt, reasoning) = wants;
    let shown = |letter| letter == 'T' && raw || letter == 'L' && live && reasoning;
    let parse = || {
        let mut rest = letters;
        for (wanted, letter) in [(prompt, 'P'), (reasoning, 'R')] {
            if letter == 'R' {
                rest = rest.trim_start_matches(shown);
            }
            if wanted {
                let Some(after) = error(rest)?.strip_prefix(letter) else { return Ok("bad") };
                rest = after;
            }
        }
        error(rest.trim_start_matches('D'))
    };
    parse().unwrap_or_else(|rest| rest) == "F"
}

#[test]
fn agrees_with_the_grammar() {
    let mut words = vec![String::new()];
    for length in 0..=5 {
        for (word, (prompt, reasoning)) in words.iter().flat_map(|word| {
            [(true, true), (true, false), (false, true), (false, false)]
                .map(|wanted| (word, wanted))
        }) {
            for (live, raw) in [(false, false), (true, false), (false, true), (true, true)] {
                let order = Order::expecting(prompt, reasoning).live(live).raw(raw);
                let complete = accepted(order, word) > length;
                let expected = grammatical(word, (prompt, reasoning), live, raw);
                assert_eq!(complete, expected, "{word}, live {live}, raw {raw}");
            }
        }
        words =
            words.iter().flat_map(|w| "PTLRDeEF".chars().map(move |l| format!("{w}{l}"))).collect();
    }
}
