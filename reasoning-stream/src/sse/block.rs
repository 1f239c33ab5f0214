//! What a decoder keeps of one block, the lines between two blank ones, and of those before it.
//!
//! One data line, which is the rule, stays where it lies in the decoder's bytes; only several are copied.

use std::ops::Range;

/// What a buffer may keep once it is empty, in bytes.
pub(super) const KEPT_CAPACITY: usize = 64 << 10;

/// The lines since the last blank one.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) data: Data,
    /// Bytes of all lines, for the limit.
    pub(super) length: usize,
    /// What most streams never have, apart from what each event needs.
    pub(super) rare: Option<Box<Rare>>,
    /// The data with replacement characters, where it was not UTF-8.
    pub(super) repaired: Option<Box<str>>,
    /// Its event was handed out: the next line begins a new block.
    pub(super) dispatched: bool,
}

/// What few blocks have.
#[derive(Debug, Default)]
pub(super) struct Rare {
    pub(super) name: String,
    /// Several data lines, each with its LF.
    pub(super) joined: Vec<u8>,
}

/// What a stream may say of itself.
#[derive(Debug, Default)]
pub(super) struct Asides {
    /// The id that the next blank line makes the last event id.
    pub(super) next_id: String,
    pub(super) id: String,
    pub(super) retry: Option<u64>,
}

impl Rare {
    /// The data lines, joined by LF.
    pub(super) fn joined(&self) -> &[u8] {
        self.joined.strip_suffix(b"\n").unwrap_or(&self.joined)
    }
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Data {
    #[default]
    None,
    /// One line's value, where it lies in the decoder's bytes.
    Line(Range<usize>),
    /// See [`Rare::joined`].
    Joined,
}

impl Block {
    /// Starts over, if its event was handed out.
    pub(super) fn renew(&mut self) {
        if !self.dispatched {
            return;
        }
        self.dispatched = false;
        self.data = Data::None;
        self.length = 0;
        self.repaired = None;
        if let Some(rare) = &mut self.rare {
            rare.name.clear();
            rare.joined.clear();
            rare.joined.shrink_to(KEPT_CAPACITY);
        }
    }

    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
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
        let joined = &mut self.rare().joined;
        joined.extend_from_slice(line);
        joined.push(b'\n');
    }
}
