//! The splitter's rules, one table for each; every row is cut at every place.

use reasoning_stream::{OnMissingFinal, Piece, Splitter, Warning};

use crate::told::{cuts, split};

/// Text, reasoning, answer.
type Row<'a> = (&'a str, &'a str, &'a str);

fn check(choice: OnMissingFinal, rows: &[Row<'_>]) {
    for (text, reasoning, answer) in rows {
        for chunks in cuts(text) {
            let told = split(choice, chunks.iter().copied());
            assert_eq!(
                (told.reasoning.as_str(), told.answer.as_str()),
                (*reasoning, *answer),
                "{text:?}, as {chunks:?}"
            );
        }
    }
}

fn splits(rows: &[Row<'_>]) {
    check(OnMissingFinal::Reasoning, rows);
}

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
fn rule_1_tags_match_in_any_case_with_blanks() {
    splits(&[
        ("<ANALYSIS>r</Analysis><fInAl>a</FINAL>", "r", "a"),
        ("< analysis >r< / analysis ><final\t>a</ final >", "r", "a"),
        ("<\tfinal  >a<  /final>", "", "a"),
        ("<analysis/><final>a</final>", "", "a"),
        ("< Analysis / >\n<final>a", "", "a"),
        ("<finals>a</finals>", "", "<finals>a</finals>"),
        ("<analysis>r</analyst></analysis><final>a</fina></final>", "r</analyst>", "a</fina>"),
        ("<analysis>< /anal ysis></analysis><final>a", "< /anal ysis>", "a"),
        ("<analysis>r<//analysis></analysis><final/>", "r<//analysis><final/>", ""),
        ("<final x=\"1\">a", "", "<final x=\"1\">a"),
        ("<final\n>a", "", "<final\n>a"),
        ("< analysis>r</analysis>\u{a0}<final>a", "r", "a"),
    ]);
}

#[test]
fn rule_1_a_tag_has_a_longest_form() {
    let tag = |blanks: usize| format!("<{}final>a", " ".repeat(blanks));
    splits(&[(&tag(57), "", "a"), (&tag(58), "", &tag(58))]);
}

#[test]
fn rule_2_an_opening_tag_counts_only_at_a_boundary() {
    splits(&[
        ("text <final>a", "", "text <final>a"),
        ("text\n<final>a", "", "text\na"),
        ("text\r<final>a", "", "text\ra"),
        ("text\r\n<final>a", "", "text\r\na"),
        ("text\n \t<final>a", "", "text\n \ta"),
        ("text\u{2028}<final>a", "", "text\u{2028}<final>a"),
        ("text <analysis>r</analysis><final>a", "", "text <analysis>r</analysis><final>a"),
        (" \t<final>a", "", "a"),
        ("<analysis>r</analysis> \t<final>a", "r", "a"),
        ("<analysis><final>a", "", "a"),
        ("<analysis> <final>a", " ", "a"),
        ("<analysis>.<final>a</analysis><final>b", ".<final>a", "b"),
        ("<analysis><analysis><final>a</analysis><final>b", "<analysis><final>a", "b"),
    ]);
}

#[test]
fn rule_3_the_opening() {
    splits(&[
        (" \n\t<analysis>r</analysis><final>a</final>", "r", "a"),
        ("\u{feff}<final>a", "", "a"),
        ("\u{feff} \n<analysis>r", "r", ""),
        ("Sure!\n<analysis>r</analysis><final>a", "r", "Sure!\na"),
        ("Sure!\n<analysis>r</analysis>", "r", "Sure!\n"),
        ("Sure!\n<analysis>r", "r", "Sure!\n"),
        ("Sure!\n<analysis/>\n<final>a", "", "Sure!\na"),
        ("Sure!\n<analysis>r</analysis>a</final>", "r", "Sure!\na"),
        ("Sure!\n<analysis>r <final>a", "r ", "Sure!\na"),
        ("Sure!\n<final>a</final>", "", "Sure!\na"),
        ("  plain\n text \n", "", "plain\n text \n"),
        ("plain</final>", "", "plain"),
        ("plain</final>\n \n", "", "plain"),
        ("plain</final></final>", "", "plain</final>"),
        ("plain</final> text", "", "plain</final> text"),
        ("plain </final> \n</final>", "", "plain </final> \n"),
        ("</final>", "", ""),
        ("</analysis>a", "", "</analysis>a"),
        ("", "", ""),
    ]);
}

#[test]
fn rule_3_the_window_is_256_characters() {
    for letter in ["a", "é", "🦀"] {
        let line = |chars: usize| format!("{}\n", letter.repeat(chars - 1));
        let tagged = |chars: usize| format!("\n {}<analysis>r</analysis><final>a", line(chars));
        let untagged = |chars: usize| tagged(chars).trim_start().to_owned();
        splits(&[
            (&tagged(255), "r", &format!("{}a", line(255))),
            (&tagged(256), "r", &format!("{}a", line(256))),
            (&tagged(257), "", &untagged(257)),
            (&format!("{}</final>\n", tagged(300)), "", &untagged(300)),
            (&format!("{}<final>a", line(256)), "", &format!("{}a", line(256))),
        ]);
    }
}

#[test]
fn rule_4_reasoning() {
    splits(&[
        ("<analysis>r</analysis><final>a</final>", "r", "a"),
        ("<analysis>r\n<final>a</final>", "r\n", "a"),
        ("<analysis>use <final> here\n<final>a</final>", "use <final> here\n", "a"),
        ("<analysis>use <final> here</analysis><final>a", "use <final> here", "a"),
        ("<analysis>so <final>a", "so ", "a"),
        ("<analysis>so <final>a</final>", "so ", "a"),
        ("<analysis>so <final>a</final>\n", "so ", "a"),
        ("<analysis>so <final> a\n", "so ", " a\n"),
        ("<analysis>so <final>a</final> b", "so ", "a b"),
        ("<analysis>one <final>a two <final>b", "one <final>a two ", "b"),
        ("<analysis>so <final>a</analysis>", "so ", "a"),
        ("<analysis>so <final>a</final></analysis>", "so ", "a"),
        ("<analysis>so <final>a</analysis><analysis>b", "so ", "a\nb"),
        ("<analysis>r\n<analysis>s</analysis><final>a", "r\n<analysis>s", "a"),
        ("<analysis>r</final></analysis><final>a", "r</final>", "a"),
        ("<analysis>never closed", "never closed", ""),
        ("<analysis>", "", ""),
    ]);
}

#[test]
fn rule_5_the_gap() {
    splits(&[
        ("<analysis>r</analysis> \n\n <final>a", "r", "a"),
        ("<analysis>r</analysis> so\n<final>a", "r so", "a"),
        ("<analysis>r</analysis> so it \n\n<final>a", "r so it", "a"),
        ("<analysis>r</analysis>\n<analysis>s</analysis><final>a", "r\ns", "a"),
        ("<analysis>r</analysis> so\n<analysis>s</analysis><final>a", "r so\ns", "a"),
        ("<analysis></analysis><analysis>s</analysis><final>a", "s", "a"),
        ("<analysis>r</analysis><analysis></analysis><final>a", "r", "a"),
        ("<analysis>r</analysis><analysis/><final>a", "r", "a"),
        ("<analysis>r</analysis> s <analysis/> t\n<final>a", "r s <analysis/> t", "a"),
        ("<analysis>r</analysis> s <analysis> t\n<final>a", "r s <analysis> t", "a"),
        ("<analysis>r</analysis>so: <final>a</analysis>", "rso: ", "a"),
        ("<analysis>r</analysis></analysis><final>a", "r", "a"),
        ("<analysis>r</analysis> so</analysis><final>a", "r so", "a"),
        ("<analysis>r</analysis>\na b\n</final>", "r", "a b"),
        ("<analysis>r</analysis>a</final> b", "r", "a b"),
        ("<analysis>r</analysis></final>", "r", ""),
        ("<analysis>r</analysis></final><final>a", "r", "a"),
        ("<analysis>r</analysis> so: <final>a </final>", "r so: ", "a "),
        ("<analysis>r</analysis> so: <final>a \n", "r so: ", "a \n"),
        ("<analysis>r</analysis>x\n<analysis>s</analysis>a</final>", "rx\ns", "a"),
        ("<analysis>use <final> r</analysis>a</final>", "use <final> r", "a"),
        ("<analysis>r</analysis>\nso it is.\n", "r\nso it is.", ""),
        ("<analysis>use <final> r</analysis>\nso it is.", "use <final> r\nso it is.", ""),
        ("<analysis>r</analysis> \n", "r", ""),
    ]);
}

#[test]
fn rule_5_text_after_the_analysis_can_be_the_answer() {
    check(
        OnMissingFinal::Answer,
        &[
            ("<analysis>r</analysis>\n a b\n", "r", "a b"),
            ("<analysis>r</analysis> so\n<final>a", "r so", "a"),
            ("<analysis>use <final> r</analysis>a", "use <final> r", "a"),
            ("<analysis>so <final>a</analysis>", "so ", "a"),
            ("<analysis>r</analysis>x\n<analysis>s</analysis>a", "rx\ns", "a"),
            ("<analysis>r</analysis>x</analysis>a", "rx", "a"),
            ("<analysis>r</analysis>so: <final>a", "rso: ", "a"),
            ("<analysis/>a", "", "a"),
            ("Sure!\n<analysis>r</analysis>a", "r", "Sure!\na"),
            ("<analysis>never closed", "never closed", ""),
        ],
    );
}

#[test]
fn rule_6_the_answer() {
    splits(&[
        ("<final>a</final>", "", "a"),
        ("<final>a", "", "a"),
        ("<final>a</final>\n\n", "", "a"),
        ("<final>write </final>: it closes</final>", "", "write </final>: it closes"),
        ("<final>write `</final>` so</final>", "", "write `</final>` so"),
        ("<final>a</final> b", "", "a b"),
        ("<final>a</final>\nb\n\nc \n", "", "a\nb\n\nc"),
        ("<final>a</final></final>", "", "a"),
        ("<final>a</final>\n</final>", "", "a"),
        ("<final>a</final> b</final>", "", "a b"),
        ("<final>a</final> b</final>c", "", "a b</final>c"),
        ("<final>a</final> b</final>c\n<final>d", "", "a b</final>c\nd"),
        ("<final>a</final><finals>", "", "a</final><finals>"),
        ("<final>a</final><", "", "a</final><"),
        ("<final>a</final><final>b</final>", "", "a\nb"),
        ("<final>a</final> \n\n<final>b</final>", "", "a\nb"),
        ("<final>a</final> b <final>c", "", "a b <final>c"),
        ("<final>a</final> b\n<final>c", "", "a b\nc"),
        ("<final></final><final>b</final>", "", "b"),
        ("<final>a</final><final></final>", "", "a"),
        ("<final>a</final><analysis>late</analysis>", "late", "a"),
        ("<analysis>r</analysis><final>a</final>\n<analysis>late", "r\nlate", "a"),
        ("<final>a</final><analysis>late</analysis><final>b", "late", "a\nb"),
        ("<final>a</final><analysis>late\n<final>b", "late\n", "a\nb"),
        ("<final>a</final><analysis>no <final>b", "no <final>b", "a"),
        ("<final>a</final><analysis>late</analysis> b", "late", "a b"),
        ("<final>a</final> see <analysis>b", "", "a see <analysis>b"),
        ("<final>a</final><analysis/>b", "", "ab"),
        ("<final>a</final> b <analysis/> c", "", "a b <analysis/> c"),
        ("<final>a</final>\n</analysis>", "", "a"),
        ("<final>a</final> b </analysis>", "", "a b </analysis>"),
        ("<final>a\n<analysis>b</analysis>\n<final>c", "", "a\n<analysis>b</analysis>\n<final>c"),
    ]);
}

#[test]
fn rule_7_nothing_is_lost() {
    splits(&[
        ("<", "", "<"),
        ("</fin", "", "</fin"),
        ("<analysi", "", "<analysi"),
        ("<analysis>r</analysi", "r</analysi", ""),
        ("<analysis>r</analysis><fin", "r<fin", ""),
        ("<analysis>r</analysis> <", "r <", ""),
        ("<final>a</fin", "", "a</fin"),
        ("<analysis> r\t\n</analysis><final>\n a \n</final>", " r\t\n", "\n a \n"),
        ("<<<<analysis>", "", "<<<<analysis>"),
        ("<analysis><<</</analysis><final><</<</final>", "<<</", "<</<"),
    ]);
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
