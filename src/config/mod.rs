//! The settings: read at the start, and when told to, from flags, the environment and `.env`, in this
//! order; and the file that lists upstreams and models.
//!
//! Text and units stop here: what comes in as seconds leaves as a `Duration`.

pub mod collector;
pub mod file;
pub mod key_command;
pub mod load;
mod mistake;
pub mod read;
mod resolve;
pub mod settings;
pub mod show;
pub mod start;
mod tree;
mod values;
