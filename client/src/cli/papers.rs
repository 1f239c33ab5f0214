//! What a shell and `man` want to know of the command.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::args::Args;
use super::exit::Exit;
use super::failure::Failure;

/// Prints the completions of a shell.
pub(crate) fn completions(shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    generate(shell, &mut Args::command(), "gateway-client", &mut script);
    print(&script)
}

/// Prints the manual page.
pub(crate) fn man() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    Man::new(Args::command()).render(&mut page)?;
    print(&page)
}

/// A reader may leave before the end.
fn print(paper: &[u8]) -> Result<Exit, Failure> {
    io::stdout().write_all(paper)?;
    Ok(Exit::Ok)
}
