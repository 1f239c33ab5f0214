//! Asks the gateway and prints what was asked, how the model thought, and the answer, live.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
