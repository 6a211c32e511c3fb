//! Serves a Key Vault on a port until it is killed, and writes the certificate of its issuer to
//! `ca.pem` in a directory. `cargo xtask images` makes an image of it.

use std::path::Path;
use std::process::ExitCode;

use loom_testkit::backends::KeyVaultServer;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [port, directory] = arguments.as_slice() else {
        eprintln!("key_vault PORT DIRECTORY");
        return ExitCode::FAILURE;
    };
    let server = KeyVaultServer::start_at(port.parse().unwrap_or_default());
    if let Err(error) = std::fs::write(Path::new(directory).join("ca.pem"), &server.ca_pem) {
        eprintln!("{directory}: {error}");
        return ExitCode::FAILURE;
    }
    println!("{} at {}, tokens at {}", server.url(), server.address(), server.authority());
    loop {
        std::thread::park();
    }
}
