//! The whole gateway under test, in one binary.
//!
//! `scenario` drives the relay against scripted byte streams on a paused clock; `process` runs the
//! real binaries on real sockets. The other modules are the tests, each named for what it promises.

mod asking;
mod completions;
mod corpus;
mod dedicated;
mod demo;
mod deploy;
mod dev;
mod dialects;
mod disconnects;
mod edge;
mod eval;
mod faults;
mod formats;
mod keys;
mod lifecycle;
mod live;
mod metrics;
mod order;
mod pipeline;
mod process;
mod readers;
mod readme;
mod reference;
mod reload;
mod repeats;
mod request_json;
mod routing;
mod scenario;
mod settings;
mod sharing;
mod soak;
mod summaries;
mod tidy;
mod traces;
mod whole;
