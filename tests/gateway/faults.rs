//! The fault matrix: every row by its number, each held to what holds for every request.
//!
//! `answer` is the table of call B, a row each; `phases` drives those that break a call through every
//! phase of a request; `fallback` is row 38; `asleep` has what must be woken; `summaries` is the table of calls A and C; `guard` has the rows in which no call
//! is made; `sockets` those that only a real connection shows. All but the last run on a paused
//! clock; `scenario::check` asserts the invariants after each of them.

mod answer;
mod asleep;
mod fallback;
mod guard;
mod phases;
mod sockets;
mod summaries;
