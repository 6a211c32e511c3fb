//! Starts the servers that tests share, says where they are, and keeps them until it is killed or,
//! with `--until-eof`, its input ends. `cargo xtask backends` and `cargo xtask ci` run it, with the
//! feature `containers` where they are to be containers.

use std::io::{Read, stdin};

use loom_testkit::backends::{Place, Standing};

fn main() {
    let standing = Standing::start(Place::chosen());
    for (name, value) in standing.variables() {
        println!("{name}={value}");
    }
    println!("LOOM_TEST_BACKENDS_PID={}", std::process::id());
    if std::env::args().any(|argument| argument == "--until-eof") {
        let _ = stdin().read_to_end(&mut Vec::new());
    } else {
        loop {
            std::thread::park();
        }
    }
}
