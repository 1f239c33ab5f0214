//! Tests of the mock over real sockets, from a client that sees every byte.

mod streams;
mod wire;
