//! How the gateway starts and stops.

mod logging;
mod starting;
mod stopping;
