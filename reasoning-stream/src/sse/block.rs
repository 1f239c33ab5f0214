//! What a decoder keeps of one block: the lines between two blank ones.
//!
//! One data line, which is the rule, stays where it lies in the decoder's bytes; only several are copied.

use std::ops::Range;

/// What a buffer may keep once it is empty, in bytes.
pub(super) const KEPT_CAPACITY: usize = 64 << 10;

/// The lines since the last blank one.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) name: String,
    pub(super) data: Data,
    /// Several data lines, each with its LF.
    pub(super) joined: Vec<u8>,
    /// The data with replacement characters, where it was not UTF-8.
    pub(super) repaired: String,
    /// Bytes of all lines, for the limit.
    pub(super) length: usize,
    /// Its event was handed out: the next line begins a new block.
    pub(super) dispatched: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Data {
    #[default]
    None,
    /// One line's value, where it lies in the decoder's bytes.
    Line(Range<usize>),
    /// See [`Block::joined`].
    Joined,
}

impl Block {
    /// Starts over, if its event was handed out.
    pub(super) fn renew(&mut self) {
        if !self.dispatched {
            return;
        }
        self.dispatched = false;
        self.name.clear();
        self.data = Data::None;
        self.length = 0;
        self.joined.clear();
        self.joined.shrink_to(KEPT_CAPACITY);
        self.repaired = String::new();
    }

    pub(super) fn add_data(&mut self, bytes: &[u8], value: Range<usize>) {
        if self.data == Data::None {
            self.data = Data::Line(value);
            return;
        }
        if let Data::Line(first) = std::mem::replace(&mut self.data, Data::Joined) {
            self.join(&bytes[first]);
        }
        self.join(&bytes[value]);
    }

    fn join(&mut self, line: &[u8]) {
        self.joined.extend_from_slice(line);
        self.joined.push(b'\n');
    }
}
