//! A client that leaves, at any stage and in any way: its work ends at once, nobody else's does.

mod crowd;
mod promptness;
mod stages;
mod uploads;
