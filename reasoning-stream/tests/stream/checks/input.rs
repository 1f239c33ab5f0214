//! A fuzzer's bytes as options, cuts and an input that is likely to mean something.

/// Where an input ends, in bytes: many short ones find more than few long ones.
const LONGEST: usize = 512;

/// The parts of a fuzzer's bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) options: u8,
    pub(crate) cut_seed: u8,
    pub(crate) rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// Nothing if the bytes are too few.
    pub(crate) const fn of(data: &'a [u8]) -> Option<Self> {
        let [options, cut_seed, rest @ ..] = data else { return None };
        Some(Self { options: *options, cut_seed: *cut_seed, rest })
    }

    pub(crate) const fn option(&self, bit: u8) -> bool {
        self.options >> bit & 1 == 1
    }

    /// The rest with each control character, line ends and tabs aside, as a word of a list.
    pub(crate) fn expanded(&self, words: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for byte in self.rest {
            if bytes.len() >= LONGEST {
                break;
            }
            match (byte, words.get(usize::from(*byte))) {
                (b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, _) | (_, None) => bytes.push(*byte),
                (_, Some(word)) => bytes.extend_from_slice(word.as_bytes()),
            }
        }
        bytes
    }

    /// Some lengths, each up to the seed's own maximum, that add up to this length. The seed 0
    /// has ones alone.
    pub(crate) fn lengths(&self, mut total: usize) -> Vec<usize> {
        let longest = 1 + usize::from(self.cut_seed % 61);
        let mut state = u32::from(self.cut_seed) + 1;
        let mut lengths = Vec::new();
        while total > 0 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = (1 + (state >> 16) as usize % longest).min(total);
            lengths.push(length);
            total -= length;
        }
        lengths
    }
}

/// Bytes cut into pieces of these lengths.
pub(crate) fn cut(bytes: &[u8], lengths: Vec<usize>) -> Vec<&[u8]> {
    let mut rest = bytes;
    let piece = |length: usize| rest.split_off(..length).expect("the lengths add up");
    lengths.into_iter().map(piece).collect()
}

/// A text cut at the ends of characters, into pieces of about these lengths.
pub(crate) fn cut_text(text: &str, lengths: Vec<usize>) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut to) = (0, 0);
    for length in lengths {
        to += length;
        let end = text.floor_char_boundary(to);
        pieces.push(&text[from..end]);
        from = end;
    }
    pieces
}
