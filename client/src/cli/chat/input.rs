//! Where a chat's lines come from: an editor on a terminal, else plain lines.

use std::io::{self, IsTerminal};

use tokio::runtime::Runtime;

use super::editor::Editor;
use super::lines::Lines;
use crate::cli::args::{Args, ChatOptions};
use crate::cli::failure::Failure;

/// What was typed.
pub(super) enum Typed {
    /// This, perhaps in several lines.
    Text(String),
    /// A line that was given up.
    Nothing,
    /// Nothing more.
    End,
}

/// A source of lines.
pub(super) enum Input {
    /// With history and editing.
    Editor(Box<Editor>),
    /// As they come.
    Lines(Lines),
}

impl Input {
    /// An editor where a person can use one.
    pub(super) fn new(options: &ChatOptions, args: &Args) -> Result<Self, Failure> {
        let is_terminal = io::stdin().is_terminal();
        if is_terminal && anstyle_query::term_supports_color() {
            return Ok(Self::Editor(Box::new(Editor::new(options, args.looks.no_color)?)));
        }
        Ok(Self::Lines(Lines::new(is_terminal)))
    }

    /// Whether somebody sits there.
    pub(super) fn is_a_person(&self) -> bool {
        match self {
            Self::Editor(_) => true,
            Self::Lines(lines) => lines.is_a_person(),
        }
    }

    /// Waits for what is typed next.
    pub(super) fn next(&mut self, runtime: &Runtime) -> Result<Typed, Failure> {
        match self {
            Self::Editor(editor) => editor.next(),
            Self::Lines(lines) => runtime.block_on(lines.next()),
        }
    }
}
