//! How the gateway starts and stops.

mod starting;
mod stopping;
