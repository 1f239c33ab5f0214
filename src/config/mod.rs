//! The settings: read once, at the start, from flags, the environment and `.env`, in this order.
//!
//! Text and units stop here: what comes in as seconds leaves as a `Duration`.

mod read;
mod settings;
mod show;
mod values;

pub use read::{Invocation, NoSettings, Problem, environment, from_command_line, read};
pub use settings::{Command, LogFormat, Settings};
pub use show::{Setting, check_report, settings};
