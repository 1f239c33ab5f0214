//! A running server: accepts connections until it is dropped.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::call::Call;
use crate::call_log::Counts;
use crate::connection;
use crate::options::Options;
use crate::rules::Rules;
use crate::shared::Shared;

/// How long accepting rests when the system has no room for another connection.
const REST: Duration = Duration::from_millis(20);

/// A model server. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    _accepting: Started,
}

impl Server {
    /// Opens the port and begins to serve.
    ///
    /// # Errors
    /// When the port can't be opened.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.bind).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(options));
        let accepting = start(accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared, _accepting: accepting })
    }

    /// The address it listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL before `/chat/completions` and `/v1/chat/completions`, without a slash at its end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The calls so far, oldest first; at most `kept_calls` of them.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.log.calls()
    }

    /// How many calls there were, and how they ended.
    pub fn counts(&self) -> Counts {
        self.shared.log.counts()
    }

    /// Streams that go on.
    pub fn open_streams(&self) -> u64 {
        self.counts().open_streams
    }

    /// Waits until the calls are as wanted, and returns them. Looks again whenever one begins or ends.
    pub async fn until(&self, wanted: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        self.shared.log.until(wanted).await
    }

    /// Waits until the last of so many calls has begun, and returns all calls.
    pub async fn until_calls(&self, count: usize) -> Vec<Call> {
        self.until(|calls| calls.len() >= count).await
    }

    /// Waits until no call goes on, and returns all calls.
    pub async fn until_idle(&self) -> Vec<Call> {
        self.until(|calls| calls.iter().all(|call| call.ended.is_some())).await
    }

    /// Ends the stalls without a time, and those to come, of all calls that have begun.
    pub fn resume(&self) {
        self.shared.resumed.send_replace(());
    }

    /// What calls are to do: a script, a rule, rules, or JSON of any of these. Counting of attempts
    /// starts anew; calls that go on keep their script.
    ///
    /// # Errors
    /// When JSON has an unknown member or one of the wrong type.
    pub fn set_script<R: TryInto<Rules>>(&self, script: R) -> Result<(), R::Error> {
        self.shared.set_rules(script.try_into()?);
        Ok(())
    }
}

/// Work that has begun; dropping the handle ends it.
#[derive(Debug)]
struct Started(JoinHandle<()>);

/// Begins work beside the caller's own.
#[expect(clippy::disallowed_methods, reason = "the one spawn site; its handle ends the work")]
fn start(work: impl Future<Output = ()> + Send + 'static) -> Started {
    Started(tokio::spawn(work))
}

impl Future for Started {
    type Output = ();

    /// Ready when the work has ended, in whatever way.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Accepts connections, for ever; they end with this future.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut open = FuturesUnordered::new();
    loop {
        let has_room = open.len() < shared.options.max_connections;
        tokio::select! {
            accepted = listener.accept(), if has_room => match accepted {
                Ok((stream, _)) => open.push(start(connection::serve(Arc::clone(&shared), stream))),
                Err(_) => tokio::time::sleep(REST).await,
            },
            Some(()) = open.next() => {}
        }
    }
}
