//! Serves an emulator of Cosmos DB on a port until it is killed, to those who use the key that
//! emulators have. `cargo xtask images` makes an image of it.

use std::process::ExitCode;

use loom_testkit::backends::CosmosServer;

fn main() -> ExitCode {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let Some(port) = port else {
        eprintln!("cosmos PORT");
        return ExitCode::FAILURE;
    };
    let server = CosmosServer::start_at(port);
    println!("{}", server.url());
    loop {
        std::thread::park();
    }
}
