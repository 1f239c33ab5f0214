//! What the model says: tokens, prose about a prompt, and extractive summaries. All of it is pure.

pub(crate) mod lexicon;
pub(crate) mod phrases;
pub(crate) mod prose;
pub(crate) mod summary;
pub(crate) mod tokens;
pub(crate) mod topic;

#[cfg(test)]
mod tests;
