//! The real command against a server that answers by script.

mod answers;
mod failures;
mod gateway;
mod interrupt;
mod library;
mod modes;
mod prompt;
mod run;
mod wake;
