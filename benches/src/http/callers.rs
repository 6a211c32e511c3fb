//! Callers that keep their connections. As little of HTTP as that takes, so that the processor is
//! left to the server.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::server::Server;

/// What is asked of the server.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) callers: u32,
    /// How many actors take turns. 0 asks for something else than a turn.
    pub(super) actors: u32,
    pub(super) requests: u32,
    /// Each request has an idempotency key of its own.
    pub(super) keyed: bool,
}

/// What it took.
pub(super) struct Measured {
    pub(super) per_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) server_cpu_us: f64,
}

impl Load {
    pub(super) fn run(&self, server: &Server, round: u32) -> Measured {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let runtime = runtime.expect("a runtime");
        let cpu = server.cpu();
        let started = Instant::now();
        let mut took = LocalSet::new().block_on(&runtime, self.call(server.address(), round));
        let wall = started.elapsed();
        let cpu = server.cpu().saturating_sub(cpu);
        assert_eq!(took.len(), self.requests as usize);
        took.sort_unstable();
        let at = |part: usize| took[took.len() * part / 100].as_secs_f64() * 1e6;
        Measured {
            per_second: f64::from(self.requests) / wall.as_secs_f64(),
            p50_us: at(50),
            p99_us: at(99),
            server_cpu_us: cpu.as_secs_f64() * 1e6 / f64::from(self.requests),
        }
    }

    /// How long each request took.
    async fn call(self, address: &str, round: u32) -> Vec<Duration> {
        let next = Rc::new(Cell::new(0));
        let mut callers = Vec::new();
        for _ in 0..self.callers {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            stream.set_nodelay(true).expect("a socket");
            let next = Rc::clone(&next);
            callers.push(tokio::task::spawn_local(async move {
                let (mut took, mut buffer) = (Vec::new(), Vec::new());
                loop {
                    let n = next.get();
                    if n >= self.requests {
                        return took;
                    }
                    next.set(n + 1);
                    let request = self.request(n, round);
                    let asked = Instant::now();
                    stream.write_all(request.as_bytes()).await.expect("the server listens");
                    answer(&mut stream, &mut buffer).await;
                    took.push(asked.elapsed());
                }
            }));
        }
        let mut took = Vec::new();
        for caller in callers {
            took.extend(caller.await.expect("a caller"));
        }
        took
    }

    fn request(&self, n: u32, round: u32) -> String {
        if self.actors == 0 {
            return "GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".to_owned();
        }
        let actor = n % self.actors;
        let key =
            if self.keyed { format!("idempotency-key: {round}-{n}\r\n") } else { String::new() };
        format!(
            "POST /v1/actors/tally/{actor}/add HTTP/1.1\r\nhost: 127.0.0.1\r\n\
             content-type: application/json\r\n{key}content-length: 1\r\n\r\n1"
        )
    }
}

/// Reads one answer, which must be a good one.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        if let Some(bytes) = length(buffer).filter(|bytes| buffer.len() >= *bytes) {
            assert_eq!(buffer.len(), bytes);
            let good = buffer.starts_with(b"HTTP/1.1 200 ");
            assert!(good, "{}", String::from_utf8_lossy(buffer));
            return;
        }
    }
}

/// The length of an answer whose head is complete.
fn length(answer: &[u8]) -> Option<usize> {
    const LENGTH: &[u8] = b"\r\ncontent-length: ";
    let head_bytes = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = &answer[..head_bytes];
    let at = head.windows(LENGTH.len()).position(|part| part.eq_ignore_ascii_case(LENGTH))?;
    let digits = head[at + LENGTH.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    let body_bytes = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    Some(head_bytes + body_bytes)
}
