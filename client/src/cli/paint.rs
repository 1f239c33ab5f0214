//! Colours, where they are wanted and possible.

use std::io::IsTerminal;

use anstyle::Style;

/// Paints text for one stream, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Colours for a stream: only on a terminal that knows them, and only if nobody forbade them.
    pub(crate) fn on(stream: &impl IsTerminal, forbidden: bool) -> Self {
        let refused =
            forbidden || anstyle_query::no_color() || anstyle_query::clicolor() == Some(false);
        Self { on: !refused && stream.is_terminal() && anstyle_query::term_supports_color() }
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { on: false };
    /// Colours.
    #[cfg(test)]
    pub(crate) const COLOURED: Self = Self { on: true };

    /// Whether anything is painted.
    pub(crate) const fn is_on(self) -> bool {
        self.on
    }

    /// For headings.
    pub(crate) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// For remarks.
    pub(crate) fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
