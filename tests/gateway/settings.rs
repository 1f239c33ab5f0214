//! Settings: where they come from, which values they take, and what is written about them.

mod carets;
mod documents;
mod file;
mod order;
mod problems;
mod samples;

use std::collections::HashMap;

use inference_gateway::config::read::Invocation;

/// A start with these arguments and this environment.
fn invocation(args: &[&str], env: &[(&str, &str)]) -> Invocation {
    let args = std::iter::once("inference-gateway").chain(args.iter().copied());
    let env: HashMap<_, _> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Invocation { args: args.map(str::to_owned).collect(), env, ..Invocation::default() }
}
