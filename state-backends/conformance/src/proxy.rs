//! A network that fails on demand: a TCP proxy before a server, which cuts connections after so many bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A TCP proxy on a port of its own, which passes everything on until [`cut`](Proxy::cut) is called. Dropping it closes
/// all of its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    network: Network,
    accepting: JoinHandle<()>,
}

/// When a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// In which direction the bytes are counted.
    pub direction: Direction,
    /// How many bytes get through from now on, over all connections together. The next one breaks its connection.
    pub after: usize,
    /// True if the network stays down from then on. If not, only that one connection breaks.
    pub lasts: bool,
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client: the requests.
    ToServer,
    /// From the server: the answers.
    ToClient,
}

impl Proxy {
    /// A proxy for the server at `server`, a `host:port`.
    pub async fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port can be listened on");
        let address = listener.local_addr().expect("a listening socket has an address");
        let network = Network::default();
        let accepting = tokio::spawn(accept(listener, server.to_owned(), network.clone()));
        Self { address, network, accepting }
    }

    /// The address at which a client reaches the server through this proxy.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks connections as `cut` says. An earlier `cut` no longer applies.
    pub fn cut(&self, cut: Cut) {
        *self.network.state() = State::Counting(cut);
    }

    /// Lets everything through from now on. Connections that are broken stay so.
    pub fn mend(&self) {
        *self.network.state() = State::Up;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

#[derive(Debug, Clone, Default)]
struct Network(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Up,
    Counting(Cut),
    Down,
}

impl Network {
    /// A panic elsewhere leaves it whole: it is only ever replaced.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of `length` bytes get through. If not all of them, then their connection is broken.
    fn admit(&self, direction: Direction, length: usize) -> usize {
        let mut state = self.state();
        match &mut *state {
            State::Up => length,
            State::Down => 0,
            State::Counting(cut) if cut.direction != direction => length,
            State::Counting(cut) if length <= cut.after => {
                cut.after -= length;
                length
            }
            State::Counting(cut) => {
                let admitted = cut.after;
                *state = if cut.lasts { State::Down } else { State::Up };
                admitted
            }
        }
    }

    fn is_down(&self) -> bool {
        matches!(*self.state(), State::Down)
    }
}

/// Takes connections until it is aborted, and all of them with it.
async fn accept(listener: TcpListener, server: String, network: Network) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        if !network.is_down() {
            connections.spawn(connect(client, server.clone(), network.clone()));
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Passes on what either side sends until one of them is done or the network breaks, then closes both.
async fn connect(client: TcpStream, server: String, network: Network) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = pass_on(from_client, to_server, Direction::ToServer, &network) => {}
        () = pass_on(from_server, to_client, Direction::ToClient, &network) => {}
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, direction: Direction, network: &Network) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let admitted = network.admit(direction, length);
        if to.write_all(&buffer[..admitted]).await.is_err() || admitted < length {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends back what it gets.
    async fn echo() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = client.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    /// The answer over a new connection: an empty text if it breaks before the first byte.
    async fn say(proxy: &Proxy, words: &str) -> String {
        let Ok(mut connection) = TcpStream::connect(proxy.address()).await else { return String::new() };
        if connection.write_all(words.as_bytes()).await.is_err() {
            return String::new();
        }
        let mut answer = vec![0; words.len()];
        let mut length = 0;
        while length < answer.len()
            && let Ok(more @ 1..) = connection.read(&mut answer[length..]).await
        {
            length += more;
        }
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    #[tokio::test]
    async fn without_a_cut_everything_gets_through() {
        let proxy = Proxy::start(&echo().await).await;
        assert_eq!(say(&proxy, "hello").await, "hello");
    }

    #[tokio::test]
    async fn a_cut_breaks_one_connection_after_so_many_bytes() {
        let proxy = Proxy::start(&echo().await).await;
        proxy.cut(Cut { direction: Direction::ToClient, after: 7, lasts: false });
        assert_eq!(say(&proxy, "hello").await, "hello");
        assert_eq!(say(&proxy, "hello").await, "he");
        assert_eq!(say(&proxy, "hello").await, "hello");
    }

    #[tokio::test]
    async fn a_cut_that_lasts_is_over_when_it_is_mended() {
        let proxy = Proxy::start(&echo().await).await;
        proxy.cut(Cut { direction: Direction::ToServer, after: 0, lasts: true });
        assert_eq!(say(&proxy, "hello").await, "");
        assert_eq!(say(&proxy, "hello").await, "");
        proxy.mend();
        assert_eq!(say(&proxy, "hello").await, "hello");
    }
}
