//! Lines of a terminal, with editing, completion, and a history that outlives the chat.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use rustyline::completion::Completer;
use rustyline::config::Behavior;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Helper};

use super::input::Typed;
use super::{command, entry};
use crate::cli::args::ChatOptions;
use crate::cli::failure::Failure;
use crate::cli::paint::Paint;

/// Older lines are forgotten.
const HISTORY_LINES: usize = 1_000;
/// Longer texts are not kept, in bytes.
const HISTORY_TEXT: usize = 16 * 1024;

/// An editor of lines.
pub(super) struct Editor {
    inner: rustyline::Editor<Typist, FileHistory>,
    history: Option<PathBuf>,
    prompt: Prompt,
}

/// Where to type: as it is, and painted.
struct Prompt(&'static str, String);

impl rustyline::Prompt for Prompt {
    fn raw(&self) -> &str {
        self.0
    }

    fn styled(&self) -> &str {
        &self.1
    }
}

impl Editor {
    pub(super) fn new(options: &ChatOptions, no_color: bool) -> Result<Self, Failure> {
        // Where stdout is a file, the terminal is still there to type at.
        let is_redirected = !io::stdout().is_terminal();
        let behavior = if is_redirected { Behavior::PreferTerm } else { Behavior::Stdio };
        let config = Config::builder()
            .max_history_size(HISTORY_LINES)
            .map_err(failure)?
            .history_ignore_space(true)
            .behavior(behavior)
            .build();
        let mut inner = rustyline::Editor::with_config(config).map_err(failure)?;
        inner.set_helper(Some(Typist));
        let history = if options.no_history { None } else { history_file(options) };
        let bold = Paint::on(&io::stdin(), no_color).bold("> ");
        let mut editor = Self { inner, history, prompt: Prompt("> ", bold) };
        editor.load();
        Ok(editor)
    }

    /// Waits for what is typed next.
    pub(super) fn next(&mut self) -> Result<Typed, Failure> {
        match self.inner.readline(&self.prompt) {
            Ok(text) => {
                self.keep(&text);
                Ok(Typed::Text(text))
            }
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(ReadlineError::Interrupted) => Ok(Typed::Nothing),
            Err(error) => Err(failure(error)),
        }
    }

    /// A history that can't be read is as good as none.
    fn load(&mut self) {
        if let Some(path) = &self.history {
            let _ = self.inner.load_history(path);
        }
    }

    /// Keeps a text in the history, at once: a terminal may be closed at any moment.
    fn keep(&mut self, text: &str) {
        if text.len() > HISTORY_TEXT || !matches!(self.inner.add_history_entry(text), Ok(true)) {
            return;
        }
        if let Some(path) = self.history.take() {
            // A history that can't be written is given up: the chat matters.
            if make_room(&path).is_ok() && self.inner.append_history(&path).is_ok() {
                self.history = Some(path);
            }
        }
    }
}

fn make_room(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// The file that was named, else one among the user's files of state; an empty name is none.
fn history_file(options: &ChatOptions) -> Option<PathBuf> {
    if let Some(path) = options.history.as_ref().filter(|path| !path.as_os_str().is_empty()) {
        return Some(path.clone());
    }
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(folder.join("gateway-client").join("history"))
}

fn failure(error: ReadlineError) -> Failure {
    Failure::Pipe(io::Error::other(error))
}

/// Helps whoever types: names are completed, and open lines go on.
struct Typist;

impl Helper for Typist {}

impl Completer for Typist {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok((0, command::completions(line.get(..at).unwrap_or_default())))
    }
}

impl Validator for Typist {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match entry::is_open(context.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl Hinter for Typist {
    type Hint = String;
}

impl Highlighter for Typist {}
