//! Lines of a pipe, or of a terminal that can do no more than lines.

use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Stdin, stdin};

use super::entry;
use super::input::Typed;
use crate::cli::failure::Failure;
use crate::cli::prompt::LIMIT;

/// Reads line by line; a person is shown where to type.
pub(super) struct Lines {
    stdin: BufReader<Stdin>,
    is_a_person: bool,
    interrupt: Option<Interrupt>,
}

type Interrupt = Pin<Box<dyn Future<Output = io::Result<()>>>>;

impl Lines {
    pub(super) fn new(is_a_person: bool) -> Self {
        Self { stdin: BufReader::new(stdin()), is_a_person, interrupt: None }
    }

    pub(super) const fn is_a_person(&self) -> bool {
        self.is_a_person
    }

    /// The next lines that belong together. Ctrl-C ends the chat: nothing else can be done here.
    pub(super) async fn next(&mut self) -> Result<Typed, Failure> {
        // A script's Ctrl-C counts at any time; a person's during an answer has stopped that one.
        let mut interrupt = match self.interrupt.take() {
            Some(interrupt) if !self.is_a_person => interrupt,
            _ => Box::pin(tokio::signal::ctrl_c()),
        };
        let typed = self.read(&mut interrupt).await;
        self.interrupt = Some(interrupt);
        typed
    }

    async fn read(&mut self, interrupt: &mut Interrupt) -> Result<Typed, Failure> {
        let mut bytes = Vec::new();
        loop {
            self.prompt();
            let room = (LIMIT + 1).saturating_sub(bytes.len()) as u64;
            let mut line = (&mut self.stdin).take(room);
            let count = tokio::select! {
                count = line.read_until(b'\n', &mut bytes) => count?,
                _ = &mut *interrupt => return Err(Failure::Interrupted),
            };
            if bytes.len() > LIMIT {
                return Err(Failure::Usage(format!("a line holds more than {LIMIT} bytes")));
            }
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| Failure::Usage("stdin is not UTF-8 text".to_owned()))?;
            if count == 0 && text.is_empty() {
                return Ok(Typed::End);
            }
            if count == 0 || !entry::is_open(text.trim_end_matches(['\n', '\r'])) {
                return Ok(Typed::Text(text.replace("\r\n", "\n")));
            }
        }
    }

    fn prompt(&self) {
        if self.is_a_person {
            // A terminal that is gone is noticed by reading from it.
            let _ = write!(io::stderr(), "> ");
        }
    }
}
