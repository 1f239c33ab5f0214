//! The real command against a server that answers by script.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod answers;
mod chat;
mod commands;
mod failures;
mod gateway;
mod interrupt;
mod library;
mod modes;
mod prompt;
mod run;
mod terminal;
mod tmux;
mod wake;
