//! Pure rules about *when*: the time, and chance, are arguments.

pub mod account;
pub mod breaker;
pub mod bucket;
pub mod budget;
pub mod pace;
pub mod price;
pub mod retry;
pub mod retry_after;
pub mod shares;
pub mod size;
pub mod waking;
