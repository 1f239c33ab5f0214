//! The command line: arguments in, three sections out.
//!
//! ```text
//!  Args ──▶ prompt ──▶ (wake) ──▶ ask ──▶ Screen ──▶ Sections | Lines | Record   on stdout
//!    │                             ▲         └─────▶ spinner, notes, footer      on stderr
//!    └──▶ chat ─── each question ──┘
//!    └──▶ models, health, papers (completions, man)
//! ```

mod args;
mod ask;
mod chat;
mod clean;
mod exit;
mod failure;
mod footer;
mod health;
mod ink;
mod lines;
mod markdown;
mod models;
mod notes;
mod paint;
mod papers;
mod pen;
mod prompt;
mod record;
mod screen;
mod sections;
mod spinner;
mod tally;
mod terminal;
mod wake;
mod wrap;

use std::future::Future;
use std::io;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use args::{Args, Command};
use exit::Exit;
use failure::Failure;
use screen::Screen;

/// Runs the whole command and says how it went.
pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    let mut screen = Screen::new(&args.looks);
    let exit = match run(&args, &mut screen) {
        Ok(exit) => exit,
        Err(failure) => screen.fail(&failure),
    };
    ExitCode::from(exit as u8)
}

fn run(args: &Args, screen: &mut Screen) -> Result<Exit, Failure> {
    if let Some(name) = args.out_of_place() {
        return Err(Failure::Usage(format!("{name} belongs to a question, not to a command")));
    }
    match &args.command {
        None => question(args, screen),
        Some(Command::Chat(options)) => chat::chat(args, options, runtime()?),
        Some(Command::Models) => block_on(models::show(args, screen)),
        Some(Command::Health) => block_on(health::show(args, screen)),
        Some(Command::Completions { shell }) => papers::completions(*shell),
        Some(Command::Man) => papers::man(),
    }
}

fn question(args: &Args, screen: &mut Screen) -> Result<Exit, Failure> {
    // Stdin is read before the runtime stands in the way of Ctrl-C.
    let prompt = prompt::gather(args)?;
    block_on(converse(args, prompt, screen))
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Does some work to its end. What it leaves behind, such as a connection, is closed with it.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    // A name that is still being looked up must not hold up the end.
    runtime.shutdown_background();
    done
}

async fn converse(
    args: &Args,
    prompt: Option<String>,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    if args.friendli.status {
        return wake::show_status(args, screen).await;
    }
    if args.friendli.wake {
        wake::wake(args, screen).await?;
    }
    match prompt {
        Some(prompt) => ask::ask(args, prompt, screen).await,
        None => Ok(Exit::Ok),
    }
}
