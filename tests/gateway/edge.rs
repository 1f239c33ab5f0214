//! The edge: what the gateway says to each request before, around and in place of an answer.

mod connections;
mod docs;
mod heads;
mod limits;
mod page;
mod routes;
mod secrets;
mod slow;
mod tls;
mod upstreams;
mod validation;
