//! How the gateway starts and stops.

mod access_log;
mod logging;
#[cfg(target_os = "linux")]
mod panics;
mod starting;
mod stopping;
