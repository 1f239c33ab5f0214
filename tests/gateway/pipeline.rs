//! One request's life on a paused clock: order, overlap, commit, barrier, faults, limits, leaving.

mod commit;
mod endings;
mod overlap;
mod restarts;
mod table_b;
