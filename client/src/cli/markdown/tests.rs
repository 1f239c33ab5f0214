//! What Markdown looks like, told by letters; and that nothing of it is ever lost.

use anstyle::{AnsiColor, Style};

use super::{CODE, Ink, MARK, Markdown};

fn inked(pieces: &[&str]) -> Vec<Ink> {
    let (mut markdown, mut out) = (Markdown::default(), Vec::new());
    pieces.iter().for_each(|piece| markdown.push(piece, &mut out));
    markdown.settle(&mut out);
    out
}

/// A letter for each look: `.` plain, `b` bold, `i` italic, `x` both, `c` code, `m` a mark, `l` a link.
fn letter(style: Style) -> char {
    let looks = [
        (Style::new(), '.'),
        (Style::new().bold(), 'b'),
        (Style::new().italic(), 'i'),
        (Style::new().bold().italic(), 'x'),
        (CODE, 'c'),
        (MARK, 'm'),
        (MARK.underline(), 'l'),
    ];
    looks.iter().find(|(look, _)| *look == style).map_or('?', |(_, letter)| *letter)
}

fn looks(text: &str) -> String {
    let inks = inked(&[text]);
    inks.iter().map(|it| if it.character == '\n' { '/' } else { letter(it.style) }).collect()
}

#[test]
fn gives_each_mark_its_look() {
    for (text, expected) in [
        ("plain", "....."),
        ("a **b** c", "..mmbmm.."),
        ("a *b* c", "..mim.."),
        ("***b***", "mmmxmmm"),
        ("**a *b* c**", "mmbbmxmbbmm"),
        ("__a__ _b_", "mmbmm.mim"),
        ("snake_case_word", "..............."),
        ("2 * 3 ** 4", ".........."),
        ("*.rs and *.md", "............."),
        ("5 * 6 *", "......."),
        ("`a*b*` c", "mccccm.."),
        ("``a`b`` c", "mmcccmm.."),
        ("**`a`**", "mmmcmmm"),
        ("**open\nnext", "mmbbbb/...."),
        ("# Head", "mmbbbb"),
        ("### A *b*", "mmmmbbmxm"),
        ("#tag", "...."),
        ("####### no", ".........."),
        ("- item", "bb...."),
        ("  * item", "bbbb...."),
        ("-5", ".."),
        ("12. item", "bbbb...."),
        ("3) item", "bbb...."),
        ("1.5 is", "......"),
        ("2026", "...."),
        ("> quoted **b**", "m........mmbmm"),
        ("> > # Head", "mmmmmmbbbb"),
        ("[text](http://a_b_c) d", "......mllllllllllllm.."),
        ("[1] (see)", "........."),
        ("\\*no\\*", "......"),
        ("```rust\n a *b*\n```\n*c*", "mmmmmmm/cccccc/mmm/mim"),
        ("~~~\n```\n~~~~\nx", "mmm/ccc/mmmm/."),
        ("```\n``` no\n```", "mmm/cccccc/mmm"),
        ("| a | **b** |", "m...m.mmbmm.m"),
        ("", ""),
    ] {
        assert_eq!(looks(text), expected, "{text:?}");
    }
}

const PARTS: [&str; 28] = [
    "a",
    "word",
    " ",
    "  ",
    "\n",
    "\n\n",
    "*",
    "**",
    "***",
    "_",
    "`",
    "``",
    "```",
    "~~~",
    "# ",
    "- ",
    "1. ",
    "> ",
    "|",
    "[x](y)",
    "]",
    "(",
    ")",
    "\\",
    "é𝄞",
    "漢",
    "\t",
    "######## ",
];

fn drawn(seed: u64) -> String {
    let mut state = seed;
    let mut draw = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let count = draw(40);
    (0..count).map(|_| PARTS[draw(PARTS.len())]).collect()
}

#[test]
fn nothing_is_lost_and_cuts_change_nothing() {
    for seed in 0..2_000 {
        println!("seed {seed}");
        let text = drawn(seed);
        let whole = inked(&[&text]);
        let shown: String = whole.iter().map(|ink| ink.character).collect();
        assert_eq!(shown, text);
        for cut in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
            assert_eq!(inked(&[&text[..cut], &text[cut..]]), whole, "{text:?}, cut at {cut}");
        }
    }
}

#[test]
fn holds_back_no_more_than_a_line_s_beginning() {
    for text in
        ["#".repeat(500), " ".repeat(500), "`".repeat(500), "*".repeat(500), "1".repeat(500)]
    {
        for length in 0..text.len() {
            let (mut markdown, mut out) = (Markdown::default(), Vec::new());
            markdown.push(&text[..length], &mut out);
            assert!(length - out.len() <= 64, "{length} in, {} out of {:?}", out.len(), &text[..1]);
        }
    }
}

#[test]
fn code_and_tables_are_not_broken_into_lines() {
    for (text, breaks) in [("a b", true), ("```\na b\n```", false), ("| a b |", false)] {
        let blanks = inked(&[text]).into_iter().filter(|ink| ink.character == ' ');
        assert!(blanks.clone().count() > 0);
        assert!(blanks.into_iter().all(|ink| ink.breaks == breaks), "{text:?}");
    }
    assert_eq!(CODE, AnsiColor::Magenta.on_default());
}
