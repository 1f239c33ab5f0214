//! The command line: arguments in, three sections out.
//!
//! ```text
//!  Args ──▶ prompt ──▶ (wake) ──▶ ask ──▶ Screen ──▶ Sections | Lines | Record   on stdout
//!                                             └────▶ spinner, notes, footer      on stderr
//! ```

mod args;
mod ask;
mod clean;
mod exit;
mod failure;
mod footer;
mod lines;
mod notes;
mod paint;
mod pen;
mod prompt;
mod record;
mod screen;
mod sections;
mod spinner;
mod tally;
mod wake;

use std::process::ExitCode;

use clap::Parser;

use args::Args;
use exit::Exit;
use failure::Failure;
use screen::Screen;

/// Runs the whole command and says how it went.
pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    let mut screen = Screen::new(&args);
    let exit = match run(&args, &mut screen) {
        Ok(exit) => exit,
        Err(failure) => screen.fail(&failure),
    };
    ExitCode::from(exit as u8)
}

fn run(args: &Args, screen: &mut Screen) -> Result<Exit, Failure> {
    // Stdin is read before the runtime stands in the way of Ctrl-C.
    let prompt = prompt::gather(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(converse(args, prompt, screen));
    // A name that is still being looked up must not hold up the end.
    runtime.shutdown_background();
    exit
}

async fn converse(
    args: &Args,
    prompt: Option<String>,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    if args.status {
        return wake::show_status(args, screen).await;
    }
    if args.wake {
        wake::wake(args, screen).await?;
    }
    match prompt {
        Some(prompt) => ask::ask(args, prompt, screen).await,
        None => Ok(Exit::Ok),
    }
}
