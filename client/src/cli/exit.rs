//! Exit codes: what a script may tell apart.

/// How the command ended. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All went well.
    Ok = 0,
    /// The server, or the model, reported an error.
    Error = 1,
    /// The command was called in a wrong way.
    Usage = 2,
    /// Nothing answers at the URL.
    Connect = 3,
    /// The answer ended too early.
    Incomplete = 6,
    /// What came is not what a gateway sends.
    Disorder = 7,
    /// Ctrl-C.
    Interrupted = 130,
}
