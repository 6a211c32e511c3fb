//! Certificates for servers of tests.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// An issuer of one's own, and a certificate of its for a server.
#[derive(Debug)]
pub struct Certificates {
    /// The issuer's certificate, for those who connect.
    pub ca_pem: String,
    pub(super) ca: PathBuf,
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl Certificates {
    /// Makes new ones, and writes them to files in `dir`.
    pub(super) fn write(dir: &Path) -> Self {
        Self::write_for(dir, &["localhost", "127.0.0.1"])
    }

    /// Makes new ones for a server of these names.
    pub(super) fn write_for(dir: &Path, names: &[&str]) -> Self {
        let key = || KeyPair::generate().expect("a key is made");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("it signs itself");

        let server = key();
        let names: Vec<_> = names.iter().copied().map(String::from).collect();
        let params = CertificateParams::new(names).expect("valid names");
        let certificate = params.signed_by(&server, &issuer).expect("the issuer signs it");

        let file = |name: &str, pem: &str| {
            let path = dir.join(name);
            fs::write(&path, pem).expect("the scratch directory takes it");
            path
        };
        let ca_pem = issuer.pem();
        Self {
            ca: file("ca.pem", &ca_pem),
            certificate: file("certificate.pem", &certificate.pem()),
            key: file("key.pem", &server.serialize_pem()),
            ca_pem,
        }
    }
}
