//! What instances of the gateway share: the keys, and what their callers have used.
//!
//! ```text
//!  key file ──▶ Keyring ──▶ Key ──▶ its quota
//!  Limits ──┬─▶ Table ──▶ an account of each caller
//!           └─▶ Redis ──▶ the same for all instances
//! ```
//!
//! Without Redis each instance has its own, in memory, and bounded.

pub mod cache;
pub mod digest;
pub mod health;
pub mod key;
pub mod key_file;
pub mod key_store;
pub mod key_watch;
pub mod keyring;
pub mod limits;
pub mod redis;
pub mod table;
