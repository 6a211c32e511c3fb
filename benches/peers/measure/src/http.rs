//! Callers that keep their connections, and wait for each answer before they ask again. As little
//! of HTTP as that takes, on one thread, so that the processor is left to the peer.

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio::time::timeout;

/// How long past its end a load may take to be answered.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is posted, as JSON.
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) body: String,
}

/// How long each request of a load took, and the whole.
pub(crate) struct Answered {
    pub(crate) took: Vec<Duration>,
    pub(crate) wall: Duration,
}

/// What a caller does: the `n`th request, and its answer if only one is right.
#[derive(Clone, Copy)]
pub(crate) struct Script {
    pub(crate) request: fn(n: u64) -> Request,
    pub(crate) answer: Option<&'static str>,
}

/// Has `callers` ask for `time`, with numbers from `next` on.
pub(crate) fn load(
    port: u16,
    script: Script,
    callers: usize,
    time: Duration,
    next: &mut u64,
) -> Result<Answered, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let numbers = Rc::new(Cell::new(*next));
    let started = Instant::now();
    let all = async {
        let callers: Vec<_> = (0..callers)
            .map(|_| tokio::task::spawn_local(call(port, script, time, Rc::clone(&numbers))))
            .collect();
        let mut took = Vec::new();
        for caller in callers {
            took.extend(caller.await.map_err(|error| error.to_string())??);
        }
        Ok::<_, String>(took)
    };
    let took = LocalSet::new().block_on(&runtime, async { timeout(time + PATIENCE, all).await });
    let took = took.map_err(|_| "answers did not come".to_owned())??;
    *next = numbers.get();
    Ok(Answered { took, wall: started.elapsed() })
}

/// Posts once, and returns the body of the answer.
pub(crate) fn post(port: u16, request: &Request) -> Result<Vec<u8>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let answer = runtime.block_on(async {
        let once = async { Connection::open(port).await?.post(request).await.map(<[u8]>::to_vec) };
        timeout(PATIENCE, once).await
    });
    answer.map_err(|_| "no answer came".to_owned())?
}

async fn call(
    port: u16,
    script: Script,
    time: Duration,
    next: Rc<Cell<u64>>,
) -> Result<Vec<Duration>, String> {
    let mut connection = Connection::open(port).await?;
    let mut took = Vec::new();
    let started = Instant::now();
    while started.elapsed() < time {
        let n = next.replace(next.get() + 1);
        let request = (script.request)(n);
        let asked = Instant::now();
        let answer = connection.post(&request).await?;
        took.push(asked.elapsed());
        if script.answer.is_some_and(|right| answer != right.as_bytes()) {
            return Err(format!("answered {}", String::from_utf8_lossy(answer)));
        }
    }
    Ok(took)
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Result<Self, String> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
        let stream = stream.map_err(|error| format!("no connection: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { stream, answer: Vec::new() })
    }

    /// The body of the answer, which must be a good one.
    async fn post(&mut self, request: &Request) -> Result<&[u8], String> {
        let Request { path, body } = request;
        let length = body.len();
        let text = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(text.as_bytes()).await.map_err(|error| error.to_string())?;
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await;
            if read.map_err(|error| error.to_string())? == 0 {
                return Err("the connection was closed".to_owned());
            }
            let Some(head_bytes) = head_bytes(&self.answer) else { continue };
            let head = &self.answer[..head_bytes];
            let Some(body_bytes) = body_bytes(head) else {
                return Err(format!("no length: {}", String::from_utf8_lossy(head)));
            };
            if self.answer.len() < head_bytes + body_bytes {
                continue;
            }
            if !self.answer.starts_with(b"HTTP/1.1 20") {
                return Err(String::from_utf8_lossy(&self.answer).into_owned());
            }
            return Ok(&self.answer[head_bytes..]);
        }
    }
}

/// The length of the head of an answer, once that is complete.
fn head_bytes(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// The length of the body, as the head of the answer has it.
fn body_bytes(head: &[u8]) -> Option<usize> {
    const LENGTH: &[u8] = b"\r\ncontent-length: ";
    let at = head.windows(LENGTH.len()).position(|part| part.eq_ignore_ascii_case(LENGTH))?;
    let digits = head[at + LENGTH.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0')))
}
