//! Why there is no answer, or only part of one.

use std::time::Duration;

use reasoning_stream::Disorder;

use crate::http;
use crate::problem::Problem;

/// One conversation that did not end as it should. A variant is named for what can be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Correct the URL.
    #[error("{url:?} is not a URL that can be called: {why}")]
    Url {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Correct the key: it holds characters that a header can't.
    #[error("the key holds characters that an HTTP header can't carry")]
    Key,
    /// Look at this machine: no HTTP client can be set up on it.
    #[error("the HTTP client can't be set up: {}", http::root_cause(.0))]
    Setup(#[source] reqwest::Error),
    /// Start the server, or correct the address.
    #[error("cannot reach {url}: {}", http::root_cause(.cause))]
    Connect {
        /// The address, without its password.
        url: String,
        /// Why it can't be reached.
        cause: reqwest::Error,
    },
    /// Correct the request: the server understood it and said no.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// Call something else: what answers doesn't speak the gateway's protocol.
    #[error("this is not how a gateway answers: {0}")]
    Protocol(String),
    /// Report it: the events came in an order that the gateway promises never to use.
    #[error("events came out of order: {0}")]
    Disorder(#[from] Disorder),
    /// Don't trust the answer: the stream ended without `output.done`.
    #[error("the answer is not complete: the stream ended without output.done")]
    Incomplete,
    /// Don't trust the answer: the connection broke.
    #[error("the answer is not complete: the connection broke: {}", http::root_cause(.0))]
    Broken(#[source] reqwest::Error),
    /// Ask again later: nothing was heard for so long.
    #[error("the answer is not complete: nothing was heard for {} s", .0.as_secs_f64())]
    Silent(Duration),
    /// Allow more time: there was no end within so long.
    #[error("the answer is not complete: it took longer than {} s", .0.as_secs_f64())]
    Late(Duration),
}
