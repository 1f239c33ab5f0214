//! Tells quotes: a text that shares a long run of characters with the reasoning that it is about.
//!
//! Every run of the limit's length in the source leaves two bits, at places that its hash tells; the
//! text's own last run is looked up as each character comes, so that time is linear, and a text that
//! streams can be stopped in time. A run whose bits are set is compared with the source itself:
//! nothing is taken for a quote that is none. Bits take a fifth of the time that a set of hashes
//! takes, 9 ns a character of the source beside 46, in which no other stream gets its turn.

use std::collections::VecDeque;

/// So many characters in a row are a quote.
const LONGEST: usize = 160;
/// The prime 2^61 - 1, and a base below it.
const MODULUS: u64 = (1 << 61) - 1;
const BASE: u64 = 0x0123_4567_89ab_cdef;

/// Watches one text for quotes from one source.
#[derive(Debug)]
pub(super) struct LeakGuard {
    source: String,
    runs: Runs,
    last: Run,
}

/// Hashes of runs, as bits: of 256 that were never added, at most one looks known.
#[derive(Debug)]
struct Runs {
    words: Vec<u64>,
}

/// The last characters of a text, and their hash.
#[derive(Debug)]
struct Run {
    chars: VecDeque<char>,
    hash: u64,
    length: usize,
    /// What the oldest character contributes to the hash.
    oldest: u64,
}

impl LeakGuard {
    pub(super) fn new(source: &str) -> Self {
        Self::with_limit(source, LONGEST)
    }

    fn with_limit(source: &str, length: usize) -> Self {
        // What is shown has none of these either.
        let source: String = source.chars().filter(|&c| super::text::is_shown(c)).collect();
        let (mut run, mut runs) = (Run::new(length), Runs::with_room_for(source.len()));
        source.chars().filter_map(|c| run.push(c)).for_each(|hash| runs.add(hash));
        Self { source, runs, last: Run::new(length) }
    }

    /// The part of the text's next piece that may be shown: all of it, unless it completes a quote.
    pub(super) fn pass<'t>(&mut self, piece: &'t str) -> &'t str {
        let quote = piece.char_indices().find(|&(_, c)| {
            let known = self.last.push(c).is_some_and(|hash| self.runs.may_have(hash));
            known && self.source.contains(&self.last.chars.iter().collect::<String>())
        });
        quote.map_or(piece, |(at, _)| &piece[..at])
    }
}

impl Runs {
    /// At least 32 bits for each of so many.
    fn with_room_for(count: usize) -> Self {
        Self { words: vec![0; count.div_ceil(2).next_power_of_two()] }
    }

    fn add(&mut self, hash: u64) {
        for (word, bit) in self.places(hash) {
            self.words[word] |= bit;
        }
    }

    fn may_have(&self, hash: u64) -> bool {
        self.places(hash).iter().all(|&(word, bit)| self.words[word] & bit != 0)
    }

    /// Two words, and a bit of each, by different bits of the hash's 61.
    fn places(&self, hash: u64) -> [(usize, u64); 2] {
        let last = self.words.len() - 1;
        [hash, hash >> 30].map(|it| ((it >> 6) as usize & last, 1 << (it & 63)))
    }
}

impl Run {
    fn new(length: usize) -> Self {
        let oldest = (1..length).fold(1, |power, _| times(power, BASE));
        Self { chars: VecDeque::with_capacity(length), hash: 0, length, oldest }
    }

    /// The hash of the last characters, once there are enough of them.
    fn push(&mut self, c: char) -> Option<u64> {
        if self.chars.len() == self.length {
            let gone = self.chars.pop_front().map_or(0, value);
            self.hash = (self.hash + MODULUS - times(gone, self.oldest)) % MODULUS;
        }
        self.chars.push_back(c);
        self.hash = (times(self.hash, BASE) + value(c)) % MODULUS;
        (self.chars.len() == self.length).then_some(self.hash)
    }
}

fn value(c: char) -> u64 {
    u64::from(u32::from(c)) + 1
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    // 2^61 is 1 more than the modulus, so that the digits above it count as ones.
    let sum = (product & u128::from(MODULUS)) + (product >> 61);
    u64::try_from(sum).expect("both are below 2^61") % MODULUS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert_eq, proptest};

    use super::{LONGEST, LeakGuard, MODULUS, Runs, times};

    /// The longest beginning of a text that has no run of so many characters from the source.
    fn naive(source: &str, text: &str, length: usize) -> String {
        let chars: Vec<char> = text.chars().collect();
        let quote =
            chars.windows(length).position(|run| source.contains(&run.iter().collect::<String>()));
        chars[..quote.map_or(chars.len(), |at| at + length - 1)].iter().collect()
    }

    fn pass(source: &str, pieces: &[&str], length: usize) -> String {
        let mut guard = LeakGuard::with_limit(source, length);
        let mut passed = String::new();
        for piece in pieces {
            let clean = guard.pass(piece);
            passed.push_str(clean);
            if clean.len() < piece.len() {
                break;
            }
        }
        passed
    }

    #[test]
    fn stops_before_the_last_character_of_a_quote() {
        let source = "The quick brown fox jumps over the lazy dog. ".repeat(6);
        for (case, text, passes) in [
            ("its own words", "A fox and a dog meet.".to_owned(), 21),
            ("one below", source.chars().take(LONGEST - 1).collect(), LONGEST - 1),
            ("a quote", source.chars().take(LONGEST).collect(), LONGEST - 1),
            ("a quote after some words", format!("It says:\n{source}"), 9 + LONGEST - 1),
            ("nothing", String::new(), 0),
        ] {
            let mut guard = LeakGuard::new(&source);
            assert_eq!(guard.pass(&text).chars().count(), passes, "{case}");
        }
        assert_eq!(LeakGuard::new("short").pass("short"), "short");
    }

    #[test]
    fn remainders_are_those_of_division() {
        let some = [0, 1, 2, 0x0123_4567_89ab_cdef, 1 << 60, MODULUS - 2, MODULUS - 1];
        for (a, b) in some.into_iter().flat_map(|a| some.map(|b| (a, b))) {
            let remainder = u128::from(a) * u128::from(b) % u128::from(MODULUS);
            assert_eq!(u128::from(times(a, b)), remainder, "{a} times {b}");
        }
    }

    #[test]
    fn what_was_added_is_known_and_little_else() {
        for count in [0_usize, 1, 2, 1_000, 65_536, 65_537] {
            let mut runs = Runs::with_room_for(count);
            let mut random = fastrand::Rng::with_seed(7);
            let hashes: Vec<u64> = (0..count).map(|_| random.u64(..MODULUS)).collect();
            hashes.iter().for_each(|&hash| runs.add(hash));
            assert!(hashes.iter().all(|&hash| runs.may_have(hash)), "{count}");
            let others = (0..100_000).filter(|_| runs.may_have(random.u64(..MODULUS))).count();
            assert!(others < 450, "{others} of 100,000 look known beside {count}");
        }
    }

    #[test]
    fn sees_through_what_is_never_shown() {
        let source = "a\u{1b}b\rc".repeat(LONGEST);
        let text = "abc".repeat(LONGEST);
        assert_eq!(LeakGuard::new(&source).pass(&text).len(), LONGEST - 1);
    }

    fn few_letters(most: usize) -> impl Strategy<Value = String> {
        proptest::collection::vec("[abä𝄞]", 0..most).prop_map(|letters| letters.concat())
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_search(
            source in few_letters(60), text in few_letters(60), length in 1_usize..8, cut in 0_usize..60,
        ) {
            let at = text.char_indices().nth(cut).map_or(text.len(), |(at, _)| at);
            let expected = naive(&source, &text, length);
            prop_assert_eq!(pass(&source, &[&text[..at], &text[at..]], length), expected);
        }
    }

    #[test]
    fn takes_a_time_that_grows_with_the_length_alone() {
        // The worst there is for a search that starts over: runs that nearly agree, everywhere.
        let source = format!("{}b", "a".repeat(LONGEST - 1)).repeat(200);
        let text = format!("{}c", "a".repeat(LONGEST - 1)).repeat(2_000);
        let mut guard = LeakGuard::new(&source);
        assert_eq!(guard.pass(&text).len(), text.len());
    }
}
