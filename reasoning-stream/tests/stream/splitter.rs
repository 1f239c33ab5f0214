//! The splitter's rules on what text is, one table for each; every row is cut at every place.

use reasoning_stream::OnMissingFinal;

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
