//! Runs the command as a shell would, with nothing of this machine's environment.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::gateway::{Gateway, PATIENCE};

/// How a run ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The command with these arguments, its streams piped, its stdin empty.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway-client"));
    command.env_clear().args(args).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Ran {
    end_of(command.spawn().unwrap())
}

/// Asks a scripted gateway "hi", with these further arguments.
pub(crate) fn ask(gateway: &Gateway, args: &[&str]) -> Ran {
    run(command(&[&["--url", &gateway.url(), "hi"], args].concat()))
}

/// Runs a command with something on its stdin.
pub(crate) fn run_with_stdin(mut command: Command, stdin: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    end_of(child)
}

/// Waits for a child's end.
pub(crate) fn end_of(child: Child) -> Ran {
    let (sender, receiver) = channel();
    let id = child.id();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let Output { status, stdout, stderr } =
        receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("process {id} ends")).unwrap();
    Ran {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}
