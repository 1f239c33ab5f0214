//! Which part of the server a path means.

use crate::endpoints::{Order, is_id};

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// A chat completion.
    Chat {
        /// Whether the model is a dedicated endpoint.
        dedicated: bool,
    },
    /// A completion of a prompt, as llama.cpp has it.
    Completion,
    /// The list of models.
    Models,
    /// Whether the server lives.
    Health,
    /// An endpoint's state.
    Endpoint {
        id: String,
        order: Order,
    },
    /// The path exists, the method doesn't.
    WrongMethod(&'static str),
    Unknown,
}

impl Route {
    pub(crate) fn of(method: &str, path: &str) -> Self {
        let (route, wanted) = match path.strip_prefix("/dedicated/beta/endpoint/") {
            Some(rest) => Self::endpoint(rest),
            None => Self::plain(path),
        };
        let method = if method == "HEAD" { "GET" } else { method };
        if route == Self::Unknown || method == wanted { route } else { Self::WrongMethod(wanted) }
    }

    fn plain(path: &str) -> (Self, &'static str) {
        let (dedicated, rest) = match path.strip_prefix("/dedicated") {
            Some(rest) => (true, rest),
            None => (false, path.strip_prefix("/serverless").unwrap_or(path)),
        };
        let prefixed = rest.len() < path.len();
        match rest.strip_prefix("/v1").filter(|rest| rest.starts_with('/')).unwrap_or(rest) {
            "/chat/completions" => (Self::Chat { dedicated }, "POST"),
            "/models" => (Self::Models, "GET"),
            "/completion" if !prefixed => (Self::Completion, "POST"),
            "/healthz" if !prefixed => (Self::Health, "GET"),
            _ => (Self::Unknown, ""),
        }
    }

    fn endpoint(rest: &str) -> (Self, &'static str) {
        let Some((id, verb)) = rest.split_once('/').filter(|(id, _)| is_id(id)) else {
            return (Self::Unknown, "");
        };
        let (order, method) = match verb {
            "status" => (Order::Look, "GET"),
            "wake" => (Order::Wake, "PUT"),
            "sleep" => (Order::Sleep, "PUT"),
            _ => return (Self::Unknown, ""),
        };
        (Self::Endpoint { id: id.to_owned(), order }, method)
    }
}
