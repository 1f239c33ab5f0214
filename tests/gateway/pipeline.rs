//! One request's life on a paused clock: order, overlap, commit, barrier, faults, limits, leaving.

mod overlap;
