//! A way to a server on which requests and replies of HTTP are lost, when a test says so.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What happens to one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// The connection ends before the server has heard of it.
    RequestLost,
    /// The server carries it out, and the connection ends before the reply.
    ReplyLost,
    /// The server carries it out, and the reply never comes.
    ReplyHeld,
    /// The server does not hear of it: this is the reply, as it is sent.
    Instead(String),
}

/// A way to a server. Dropped, it leads nowhere.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    /// In the order in which they happen, each to a request that begins so.
    plan: Mutex<VecDeque<(String, Trouble)>>,
    open: Mutex<Vec<TcpStream>>,
    is_over: AtomicBool,
}

impl Proxy {
    /// A way to the server at `upstream`, a host and a port.
    #[must_use]
    pub fn to(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            plan: Mutex::default(),
            open: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let at_work = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                if at_work.is_over.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(client) = client {
                    at_work.carry(client);
                }
            }
        });
        Self { address, shared }
    }

    /// Its own host and port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next request that begins with `start`, as `PUT /`, and has no trouble yet, has this.
    pub fn plan(&self, start: &str, trouble: Trouble) {
        lock(&self.shared.plan).push_back((start.to_owned(), trouble));
    }

    /// How much of the plan has not happened yet.
    #[must_use]
    pub fn planned(&self) -> usize {
        lock(&self.shared.plan).len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // So that it looks.
        let _ = TcpStream::connect(self.address);
        for stream in lock(&self.shared.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn carry(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(&self.upstream) else { return };
        let clone = |stream: &TcpStream| stream.try_clone().expect("a socket has many handles");
        lock(&self.open).extend([clone(&client), clone(&server)]);
        let trouble = Arc::new(Mutex::new(None));
        let requests = (clone(&client), clone(&server), self.clone(), trouble.clone());
        thread::spawn(move || {
            let (client, server, shared, trouble) = requests;
            shared.forward_requests(&client, &server, &trouble);
            let _ = (server.shutdown(Shutdown::Both), client.shutdown(Shutdown::Both));
        });
        thread::spawn(move || {
            forward_replies(&server, &client, &trouble);
            let _ = (server.shutdown(Shutdown::Both), client.shutdown(Shutdown::Both));
        });
    }

    /// Requests follow one another; each begins with what was read at once.
    fn forward_requests(
        &self,
        mut client: &TcpStream,
        mut server: &TcpStream,
        trouble: &Mutex<Option<Trouble>>,
    ) {
        let mut read = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = client.read(&mut read) {
            match self.trouble_of(&read[..count]) {
                Some(Trouble::RequestLost) => return,
                Some(Trouble::Instead(reply)) => {
                    let _ = client.write_all(reply.as_bytes());
                    return;
                }
                Some(later) => *lock(trouble) = Some(later),
                None => {}
            }
            if server.write_all(&read[..count]).is_err() {
                return;
            }
        }
    }

    fn trouble_of(&self, read: &[u8]) -> Option<Trouble> {
        let mut plan = lock(&self.plan);
        let at = plan.iter().position(|(start, _)| read.starts_with(start.as_bytes()))?;
        plan.remove(at).map(|(_, trouble)| trouble)
    }
}

fn forward_replies(
    mut server: &TcpStream,
    mut client: &TcpStream,
    trouble: &Mutex<Option<Trouble>>,
) {
    let mut read = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = server.read(&mut read) {
        match *lock(trouble) {
            Some(Trouble::ReplyLost) => return,
            Some(Trouble::ReplyHeld) => continue,
            _ => {}
        }
        if client.write_all(&read[..count]).is_err() {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
