//! As much of HTTP as a caller needs who keeps its connection.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer is waited for, unless told otherwise.
const READ_LIMIT: Duration = Duration::from_mins(1);
const BODY_BYTES_MAX: usize = 1 << 20;

/// A caller with one connection, made when it is needed.
pub(crate) struct Client {
    address: String,
    read_limit: Duration,
    connection: Option<BufReader<TcpStream>>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The request had been handled before.
    pub(crate) replayed: bool,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), read_limit: READ_LIMIT, connection: None }
    }

    /// Waits this long for an answer, and then no more.
    pub(crate) fn within(self, read_limit: Duration) -> Self {
        Self { read_limit, ..self }
    }

    /// The server may have another address now.
    pub(crate) fn go_to(&mut self, address: &str) {
        if self.address != address {
            *self = Self::new(address).within(self.read_limit);
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address))
    }

    /// Posts JSON with an idempotency key. After an error nobody knows whether it was handled.
    pub(crate) fn post(&mut self, path: &str, key: &str, body: &str) -> io::Result<Answer> {
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             idempotency-key: {key}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ))
    }

    fn exchange(&mut self, request: &str) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.address, self.read_limit)?,
        };
        connection.get_mut().write_all(request.as_bytes())?;
        let answer = read(&mut connection)?;
        self.connection = Some(connection);
        Ok(answer)
    }
}

impl Answer {
    /// Whether the request was handled, and need not be sent again.
    pub(crate) fn is_decision(&self) -> bool {
        !matches!(self.status, 429 | 503 | 504)
    }

    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        (self.status, &self.body) == (other.status, &other.body)
    }
}

fn connect(address: &str, read_limit: Duration) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(read_limit))?;
    Ok(BufReader::new(stream))
}

fn next_line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    match connection.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_ascii_lowercase()),
    }
}

fn read(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let status = next_line(connection)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    let (mut bytes, mut replayed) = (0, false);
    loop {
        let header = next_line(connection)?;
        match header.split_once(": ") {
            Some(("content-length", length)) => {
                bytes = length.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            }
            Some(("idempotency-replayed", value)) => replayed = value == "true",
            Some(_) => {}
            None => break,
        }
    }
    assert!(bytes <= BODY_BYTES_MAX, "an answer of {bytes} bytes");
    let mut body = vec![0; bytes];
    connection.read_exact(&mut body)?;
    let body = String::from_utf8(body).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Answer { status, replayed, body })
}
