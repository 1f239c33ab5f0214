//! What holds for every text.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::{Index, select};
use reasoning_stream::OnMissingFinal;

use crate::told::split;

const TAGS: [&str; 8] = [
    "<analysis>",
    "</analysis>",
    "<analysis/>",
    "<final>",
    "</final>",
    "< FINAL >",
    "</ Final>",
    "<\tAnalysis>",
];
const PIECES: [&str; 12] =
    ["<", "</", "<final", "analysis>", "</fin", "<finals>", "\n", " ", "\n\n", "\u{a0}", ">", "\r"];

/// Text that is mostly tags and parts of tags; its words are letters that stand nowhere else.
fn text_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => select(&TAGS[..]).prop_map(Some),
        4 => select(&PIECES[..]).prop_map(Some),
        3 => any::<()>().prop_map(|()| None),
    ];
    vec(piece, 0..24).prop_map(|pieces| {
        let words = (0x4e00..).filter_map(char::from_u32).map(String::from);
        let piece = |(piece, word): (Option<&str>, String)| piece.map_or(word, str::to_owned);
        pieces.into_iter().zip(words).map(piece).collect()
    })
}

fn choices() -> impl Strategy<Value = OnMissingFinal> {
    select(vec![OnMissingFinal::Reasoning, OnMissingFinal::Answer])
}

/// A text cut at some characters' ends.
fn cut<'a>(text: &'a str, places: &[Index]) -> Vec<&'a str> {
    let mut places: Vec<usize> =
        places.iter().map(|at| text.floor_char_boundary(at.index(text.len() + 1))).collect();
    places.sort_unstable();
    let ends = places.iter().copied().chain([text.len()]);
    let starts = [0].into_iter().chain(places.iter().copied());
    starts.zip(ends).map(|(start, end)| &text[start..end]).collect()
}

fn count(text: &str, wanted: char) -> usize {
    text.chars().filter(|&letter| letter == wanted).count()
}

proptest! {
    #[test]
    fn cuts_never_matter(text in text_like(), places in vec(any::<Index>(), 0..6), choice in choices()) {
        let whole = split(choice, [text.as_str()]);
        for chunks in [cut(&text, &places), text.split_inclusive(|_: char| true).collect()] {
            assert_eq!(split(choice, chunks.iter().copied()), whole, "{text:?}, as {chunks:?}");
        }
    }

    #[test]
    fn a_long_preface_never_matters(text in text_like(), length in 250_usize..262, choice in choices()) {
        let text = format!("{}{text}", "x".repeat(length));
        let whole = split(choice, [text.as_str()]);
        let single = text.split_inclusive(|_: char| true);
        assert_eq!(split(choice, single), whole, "{text:?}");
    }

    #[test]
    fn nothing_is_lost(text in text_like(), choice in choices()) {
        let told = split(choice, [text.as_str()]);
        let all = format!("{}{}", told.reasoning, told.answer);
        for word in text.chars().filter(|letter| *letter >= '\u{4e00}') {
            assert_eq!(count(&all, word), 1, "{text:?} gave {told:?}");
        }
        let lost = |wanted| count(&text, wanted) - count(&all, wanted);
        let tags = lost('<');
        assert_eq!(lost('>'), tags, "{text:?} gave {told:?}");
        assert_eq!(lost('f') + lost('F') + lost('y') + lost('Y'), tags, "{text:?}");
    }
}
