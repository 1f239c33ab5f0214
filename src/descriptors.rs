//! Room for file descriptors, made before the program has threads.

use rustix::fd::AsFd;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Servers' idle connections, listeners, files and what the runtime has.
const BESIDE: usize = 1_024;

/// The longest table that is made ahead: 8 MiB of the kernel's memory. Whoever sets a limit that is none
/// must not pay for it.
const LONGEST: u64 = 1 << 20;

/// How many are open at most: a connection for each client, and for each stream its three calls.
pub(crate) const fn wanted(connections: usize, streams: usize) -> usize {
    connections.saturating_add(streams.saturating_mul(3)).saturating_add(BESIDE)
}

/// Raises the limit to so many, as far as that is allowed, and has the table of them as long at once, within
/// reason.
///
/// Linux doubles the table when it is full. Where there are threads, whoever opens one more then waits
/// until every processor has let go of the old table, and on his thread all streams with him: 9 to 18 ms
/// at the 512th, 1,024th, 2,048th…
pub(crate) fn make_room(wanted: usize) {
    let limit = raise(u64::try_from(wanted).unwrap_or(u64::MAX));
    // A descriptor at the end, which is closed at once. Without it all goes on, with the waits.
    drop(fcntl_dupfd_cloexec(std::io::stderr().as_fd(), last(limit)));
}

/// The last one of the table that is made ahead under a limit.
fn last(limit: u64) -> i32 {
    i32::try_from(limit.min(LONGEST).saturating_sub(1)).unwrap_or(i32::MAX)
}

/// How many there may be from here on; at most as many as wanted.
fn raise(wanted: u64) -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let allowed = maximum.map_or(wanted, |maximum| wanted.min(maximum));
    match current {
        Some(current) if current < allowed => {
            let raised = Rlimit { current: Some(allowed), maximum };
            setrlimit(Resource::Nofile, raised).map_or(current, |()| allowed)
        }
        Some(_) | None => allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::{last, wanted};

    #[test]
    fn each_stream_takes_four() {
        for (connections, streams, expected) in
            [(0, 0, 1_024), (10_000, 1_000, 14_024), (usize::MAX, usize::MAX, usize::MAX)]
        {
            assert_eq!(wanted(connections, streams), expected);
        }
    }

    #[test]
    fn a_limit_that_is_none_takes_no_memory_to_speak_of() {
        for (limit, expected) in
            [(0, 0), (512, 511), (1_073_741_816, 1_048_575), (u64::MAX, 1_048_575)]
        {
            assert_eq!(last(limit), expected, "{limit}");
        }
    }
}
