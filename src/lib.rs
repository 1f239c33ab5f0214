//! The gateway: any reasoning model, with readable summaries in order before its answer.
//!
//! ```text
//!  http ──▶ relay ──▶ upstream ──▶ policy          reasoning-stream is below them all
//!  app builds the parts · config reads the environment · main starts both
//! ```
//!
//! `ARCHITECTURE.md` walks one request through these rooms.

pub mod app;
pub mod config;
pub mod http;
pub mod metrics;
pub mod policy;
pub mod relay;
pub mod store;
pub mod traces;
pub mod upstream;
