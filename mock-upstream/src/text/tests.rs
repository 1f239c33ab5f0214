//! Tables of what is understood of a text, and how it is cut.

use crate::text::prose::Prose;
use crate::text::summary::{MAX_CHARS, summarise};
use crate::text::tokens::{count, cut};
use crate::text::topic::{Intent, Topic};

#[test]
fn a_prompt_is_understood() {
    for (prompt, question, keywords, intent) in [
        (
            "Why is the sky blue?",
            "why is the sky blue",
            ["sky blue", "the context", "the purpose"],
            Intent::Why,
        ),
        (
            "How do I bake sourdough bread at home?",
            "how do I bake sourdough bread at home",
            ["sourdough bread", "home", "the context"],
            Intent::How,
        ),
        (
            "Please explain how TCP slow start works, briefly.",
            "how TCP slow start works, briefly",
            ["TCP slow start", "the context", "the purpose"],
            Intent::How,
        ),
        (
            "Compare Rust and Go for web servers",
            "compare Rust and Go for web servers",
            ["web servers", "Rust", "Go"],
            Intent::Compare,
        ),
        (
            "Hello! Could you write a poem about the sea?",
            "write a poem about the sea",
            ["poem", "sea", "the context"],
            Intent::Write,
        ),
        (
            "I like tea. What is Assam? Thanks!",
            "what is Assam",
            ["Assam", "tea", "the context"],
            Intent::Explain,
        ),
        (
            "fix the bug in parse_line()",
            "fix the bug in parse_line()",
            ["bug", "parse_line", "the context"],
            Intent::Code,
        ),
        ("", "this", ["the context", "the purpose", "the exceptions"], Intent::Explain),
    ] {
        let topic = Topic::of(prompt);
        assert_eq!(topic.question, question, "{prompt}");
        assert_eq!(topic.keywords[..3], keywords, "{prompt}");
        assert_eq!(topic.intent, intent, "{prompt}");
    }
}

#[test]
fn tokens_are_of_a_tokenizers_size() {
    for (text, wanted) in [
        ("The sky", vec!["The", " sky"]),
        ("explanation", vec!["expl", "anat", "ion"]),
        (" explanation", vec![" expl", "anat", "ion"]),
        ("<analysis>", vec!["<", "anal", "ysis", ">"]),
        ("</analysis>\n\n<final>", vec!["</", "anal", "ysis", ">", "\n\n", "<", "final", ">"]),
        ("a  b", vec!["a", "  ", "b"]),
        ("größer, 42!", vec!["größ", "er", ",", " 42", "!"]),
        ("日本の首都は", vec!["日本の首", "都は"]),
        (" ", vec![" "]),
        ("", vec![]),
    ] {
        assert_eq!(cut(text, None), wanted, "{text:?}");
        assert_eq!(count(text), wanted.len(), "{text:?}");
    }
}

#[test]
fn tokens_joined_are_the_text() {
    let texts = [
        "",
        " ",
        "  two  blanks ",
        "tabs\t\tand\r\nlines\n",
        "👩‍🚀 ünïcödé 日本",
        "x".repeat(999).leak(),
    ];
    for text in texts {
        for chars in [None, Some(0), Some(1), Some(2), Some(7), Some(5_000)] {
            let tokens = cut(text, chars);
            assert_eq!(tokens.concat(), text, "{chars:?}");
            assert!(tokens.iter().all(|token| !token.is_empty()), "{text:?} {chars:?}");
        }
    }
}

#[test]
fn summaries_keep_their_limits() {
    let sentence = "The cache keeps results, and the cache drops old results first. ";
    for (case, text) in [
        ("empty", String::new()),
        ("blank", " \n ".to_owned()),
        ("marks", "?! … ---".to_owned()),
        ("many sentences", sentence.repeat(5_000)),
        ("no blank", "x".repeat(300_000)),
        ("wide", "界".repeat(50_000)),
        ("one long sentence", "word ".repeat(1_000)),
    ] {
        let summary = summarise(&text);
        assert!(summary.chars().count() <= MAX_CHARS, "{case}: {summary}");
        assert_eq!(
            summary.is_empty(),
            !text.chars().any(char::is_alphanumeric),
            "{case}: {summary}"
        );
    }
    assert!(summarise(&"word ".repeat(1_000)).ends_with("word…"), "cut at a word");
}

#[test]
fn texts_differ_from_prompt_to_prompt() {
    let prompts = ["one apple", "two pears", "three plums", "four figs", "five kiwis", "six limes"];
    let texts = prompts.map(|prompt| Prose::about(prompt).answer());
    for (at, text) in texts.iter().enumerate() {
        assert!(!texts[..at].contains(text), "{text}");
        assert!(!text.contains('{') && text.split("\n\n").count() >= 4, "{text}");
    }
}

#[test]
fn more_text_goes_on_without_repeating_itself_at_once() {
    let prose = Prose::about("Compare Rust and Go for web servers");
    let more = [
        prose.more_reasoning().take(8).collect::<Vec<_>>(),
        prose.more_answer().take(8).collect::<Vec<_>>(),
    ];
    for paragraphs in more {
        assert!(paragraphs.windows(2).all(|pair| pair[0] != pair[1]), "{paragraphs:?}");
        assert!(paragraphs.iter().all(|text| text.starts_with("\n\n") && text.len() > 40));
    }
}
