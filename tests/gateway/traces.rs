//! What a collector of traces is sent, and that it costs requests nothing, whatever becomes of it.

mod collector;
mod outages;
mod sent;
mod spans;
