//! How large a request is, in one word: by its messages and their characters.

/// What a request's size is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Its messages.
    pub messages: u64,
    /// Their characters.
    pub characters: u64,
}

/// How large a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Few messages, and short ones.
    Simple,
    /// A little more than that.
    Medium,
    /// All others.
    Complex,
}

/// Where a size ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The most messages.
    pub max_messages: u64,
    /// There are fewer characters than this.
    pub below_characters: u64,
}

/// Where the sizes end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of what is simple.
    pub simple: Bound,
    /// Of what is medium.
    pub medium: Bound,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            simple: Bound { max_messages: 2, below_characters: 200 },
            medium: Bound { max_messages: 5, below_characters: 1_000 },
        }
    }
}

impl Bounds {
    /// The size of a request.
    pub const fn size(&self, extent: Extent) -> Size {
        if self.simple.holds(extent) {
            Size::Simple
        } else if self.medium.holds(extent) {
            Size::Medium
        } else {
            Size::Complex
        }
    }
}

impl Bound {
    const fn holds(&self, extent: Extent) -> bool {
        extent.messages <= self.max_messages && extent.characters < self.below_characters
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Bounds, Extent, Size};

    #[test]
    fn both_messages_and_characters_count() {
        let own = Bounds {
            simple: Bound { max_messages: 1, below_characters: 10 },
            medium: Bound { max_messages: 1, below_characters: 20 },
        };
        for (bounds, messages, characters, expected) in [
            (Bounds::default(), 0, 0, Size::Simple),
            (Bounds::default(), 2, 199, Size::Simple),
            (Bounds::default(), 2, 200, Size::Medium),
            (Bounds::default(), 3, 10, Size::Medium),
            (Bounds::default(), 5, 999, Size::Medium),
            (Bounds::default(), 5, 1_000, Size::Complex),
            (Bounds::default(), 6, 10, Size::Complex),
            (own, 1, 9, Size::Simple),
            (own, 1, 19, Size::Medium),
            (own, 2, 1, Size::Complex),
        ] {
            let extent = Extent { messages, characters };
            assert_eq!(bounds.size(extent), expected, "{extent:?} of {bounds:?}");
        }
    }
}
