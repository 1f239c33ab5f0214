//! How wide the terminal is; whatever is none has no width.

use std::io;

use terminal_size::{Width, terminal_size_of};

/// The columns of the terminal that stdout is.
pub(crate) fn stdout_width() -> Option<usize> {
    columns(terminal_size_of(io::stdout()))
}

/// The columns of the terminal that stderr is.
pub(crate) fn stderr_width() -> Option<usize> {
    columns(terminal_size_of(io::stderr()))
}

fn columns<T>(size: Option<(Width, T)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns))
}

#[cfg(test)]
mod tests {
    use terminal_size::Width;

    use super::columns;

    #[test]
    fn counts_columns() {
        assert_eq!(columns(Some((Width(80), ()))), Some(80));
        assert_eq!(columns::<()>(None), None);
    }
}
