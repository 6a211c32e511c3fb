//! Who sends the request of an action.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use loom_ports::Secret;
use loom_workflow::Object;
use reqwest::Identity;
use reqwest::header::HeaderValue;

use super::application::{Application, Authority};
use super::request::value;

/// How it is proved who sends a request.
pub(super) enum Proof {
    /// It is not.
    None,
    /// By what is sent as `Authorization`.
    Header(HeaderValue),
    /// By a token that an application gets for its secret.
    Application(Application),
    /// By a certificate, when the connection is made.
    Certificate(Box<Identity>),
}

impl Proof {
    /// # Errors
    ///
    /// Says what is missing, or that this host cannot prove it so. It repeats no secret.
    pub(super) fn read(inputs: &Object) -> Result<Self, String> {
        let Some(given) = inputs.find("authentication").filter(|given| !given.is_null()) else {
            return Ok(Self::None);
        };
        let given = Given(given.as_object().ok_or("`authentication` is no object")?);
        let kind = given.text("type")?;
        match kind.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "basic" => {
                let pair = format!("{}:{}", given.text("username")?, given.text("password")?);
                header(&format!("Basic {}", STANDARD.encode(pair)))
            }
            "raw" => header(&given.text("value")?),
            "activedirectoryoauth" => given.application().map(Self::Application),
            "clientcertificate" => given.certificate(),
            "managedserviceidentity" => Err("`authentication.type` ManagedServiceIdentity needs \
                                             an identity of Azure, which this host gives no \
                                             action; use ActiveDirectoryOAuth"
                .to_owned()),
            _ => Err(format!(
                "`authentication.type` {kind} is not known to this host: it takes None, Basic, \
                 Raw, ActiveDirectoryOAuth and ClientCertificate; register a connector for others"
            )),
        }
    }
}

/// What an action says of its authentication.
struct Given<'a>(&'a Object);

impl Given<'_> {
    fn text_if_any(&self, name: &str) -> Option<String> {
        let found = self.0.find(name).filter(|value| !value.is_null());
        found.map(|value| value.to_text().to_string())
    }

    fn text(&self, name: &str) -> Result<String, String> {
        self.text_if_any(name).ok_or_else(|| format!("`authentication.{name}` is missing"))
    }

    fn application(&self) -> Result<Application, String> {
        if let Some(kind) = self.text_if_any("credentialType")
            && !kind.eq_ignore_ascii_case("secret")
        {
            return Err(format!(
                "`authentication.credentialType` {kind} is not known to this host: it takes Secret"
            ));
        }
        let authority = self.text_if_any("authority");
        Ok(Application {
            authority: Authority::parse(authority.as_deref())
                .map_err(|error| format!("`authentication.authority` {error}"))?,
            tenant: self.text("tenant")?,
            audience: self.text("audience")?,
            client_id: self.text("clientId")?,
            secret: Secret::new(self.text("secret")?),
        })
    }

    fn certificate(&self) -> Result<Proof, String> {
        const BEGIN: &[u8] = b"-----BEGIN ";
        let given = Secret::new(self.text("pfx")?.into_bytes());
        let is_pem = |text: &[u8]| text.windows(BEGIN.len()).any(|at| at == BEGIN);
        let pem = if is_pem(given.expose()) {
            given
        } else {
            let given: Vec<_> =
                given.expose().iter().copied().filter(|it| !it.is_ascii_whitespace()).collect();
            Secret::new(STANDARD.decode(given).unwrap_or_default())
        };
        if !is_pem(pem.expose()) {
            return Err("`authentication.pfx` is read in PEM alone, a certificate and its key, \
                        with or without base64 around them; this host reads no PKCS#12"
                .to_owned());
        }
        // What is wrong with it is not told: a key is in it.
        Identity::from_pem(pem.expose())
            .map(|identity| Proof::Certificate(Box::new(identity)))
            .map_err(|_| "`authentication.pfx` has no certificate with an open key".to_owned())
    }
}

fn header(proof: &str) -> Result<Proof, String> {
    let mut proof = value("authorization", proof)?;
    proof.set_sensitive(true);
    Ok(Proof::Header(proof))
}
