//! How a server is reached. The one place that tells standalone, Sentinel and Cluster apart.

use std::fmt;
use std::sync::Arc;

use redis::aio::{ConnectionLike, MultiplexedConnection, PubSub};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    RedisError, RedisResult, TlsCertificates, TlsMode, Value,
};
use tokio::sync::Mutex;

use crate::error::OpenError;
use crate::settings::{RedisSettings, Topology};

/// Something that can connect to Redis.
#[derive(Clone)]
pub enum RedisClient {
    /// To one server.
    Standalone(Box<Client>),
    /// To the master that sentinels name.
    Sentinel(Arc<Mutex<SentinelClient>>),
    /// To the nodes of a cluster. It must be built with `retries(0)`: else it sends again what
    /// may have been carried out.
    Cluster(Box<ClusterClient>),
}

const ADDRESS_FORM: &str = "redis://, or rediss:// for TLS, and then [user:password@]host[:port]";

/// A connection, or those to all nodes.
#[derive(Clone)]
pub(crate) enum Wire {
    One(MultiplexedConnection),
    Nodes(ClusterConnection),
}

impl RedisClient {
    /// A client as `settings` say. Does not connect.
    ///
    /// # Errors
    ///
    /// Says which setting makes no sense.
    pub fn new(settings: &RedisSettings) -> Result<Self, OpenError> {
        let setting = |error: RedisError| OpenError::Setting(error.to_string());
        if uses_tls(settings) {
            // Several may be linked in; whoever installs first decides.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let info = |(place, url): (usize, &String)| {
            // Not the address itself, in which a password may be.
            let wrong = |_| format!("address {} is wrong: it is {ADDRESS_FORM}", place + 1);
            connection_info(url, settings).map_err(|error| OpenError::Setting(wrong(error)))
        };
        let infos: Vec<ConnectionInfo> =
            settings.urls.iter().enumerate().map(info).collect::<Result<_, _>>()?;
        let client = match &settings.topology {
            Topology::Standalone => standalone(infos, settings).map(Box::new).map(Self::Standalone),
            Topology::Sentinel { master } => sentinel(&infos, master, settings)
                .map(|client| Self::Sentinel(Arc::new(Mutex::new(client)))),
            Topology::Cluster => cluster(infos, settings).map(Box::new).map(Self::Cluster),
        };
        client.map_err(setting)
    }

    /// To one node of a cluster, with the users and certificates of its settings. A node that
    /// does not know how it is called is called as the first address.
    pub(crate) fn node(host: &str, port: u16, settings: &RedisSettings) -> RedisResult<Self> {
        let none = || RedisError::from((redis::ErrorKind::InvalidClientConfig, "no address"));
        let info = connection_info(settings.urls.first().ok_or_else(none)?, settings)?;
        let named = |first: &str| if host.is_empty() { first.into() } else { host.into() };
        let address = match info.addr().clone() {
            ConnectionAddr::Tcp(first, _) => ConnectionAddr::Tcp(named(&first), port),
            ConnectionAddr::TcpTls { host: first, insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host: named(&first), port, insecure, tls_params }
            }
            other => other,
        };
        let client = standalone(vec![info.set_addr(address)], settings)?;
        Ok(Self::Standalone(Box::new(client)))
    }

    /// A connection that hears what is published. In a cluster, that is heard on every node.
    pub(crate) async fn listen(&self, settings: &RedisSettings) -> RedisResult<PubSub> {
        match self {
            Self::Standalone(client) => client.get_async_pubsub().await,
            Self::Sentinel(client) => {
                let master = client.lock().await.async_get_client().await?;
                master.get_async_pubsub().await
            }
            Self::Cluster(_) => {
                let mut heard = Err((redis::ErrorKind::InvalidClientConfig, "no address").into());
                for url in &settings.urls {
                    let info = connection_info(url, settings)?;
                    heard = standalone(vec![info], settings)?.get_async_pubsub().await;
                    if heard.is_ok() {
                        break;
                    }
                }
                heard
            }
        }
    }

    pub(crate) async fn connect(&self, settings: &RedisSettings) -> RedisResult<Wire> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(settings.connect_timeout))
            .set_response_timeout(Some(settings.response_timeout));
        match self {
            Self::Standalone(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Wire::One)
            }
            Self::Sentinel(client) => {
                let mut client = client.lock().await;
                client.get_async_connection_with_config(&config).await.map(Wire::One)
            }
            Self::Cluster(client) => client.get_async_connection().await.map(Wire::Nodes),
        }
    }
}

impl Wire {
    pub(crate) async fn send(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::One(connection) => connection.req_packed_command(command).await,
            Self::Nodes(nodes) => nodes.req_packed_command(command).await,
        }
        .and_then(Value::extract_error)
    }
}

pub(crate) fn uses_tls(settings: &RedisSettings) -> bool {
    settings.urls.iter().any(|url| url.starts_with("rediss:"))
}

fn connection_info(url: &str, settings: &RedisSettings) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    let mut redis = info.redis_settings().clone();
    if let Some(user) = &settings.user {
        redis = redis.set_username(user);
    }
    if let Some(password) = &settings.password {
        redis = redis.set_password(password);
    }
    Ok(info.set_redis_settings(redis))
}

fn certificates(settings: &RedisSettings) -> Option<TlsCertificates> {
    let root_cert = Some(settings.tls_ca_pem.clone()?);
    Some(TlsCertificates { client_tls: None, root_cert })
}

fn standalone(mut infos: Vec<ConnectionInfo>, settings: &RedisSettings) -> RedisResult<Client> {
    let info = infos.swap_remove(0);
    match certificates(settings) {
        Some(certificates) if uses_tls(settings) => Client::build_with_tls(info, certificates),
        _ => Client::open(info),
    }
}

fn sentinel(
    infos: &[ConnectionInfo],
    master: &str,
    settings: &RedisSettings,
) -> RedisResult<SentinelClient> {
    let addresses = infos.iter().map(|info| info.addr().clone());
    let kind = SentinelServerType::Master;
    let mut builder = SentinelClientBuilder::new(addresses, master, kind)?;
    let redis = infos[0].redis_settings();
    if let Some(user) = redis.username() {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = redis.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if uses_tls(settings) {
        builder = builder
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_sentinel_tls_mode(TlsMode::Secure);
        if let Some(certificates) = certificates(settings) {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
    }
    builder.build()
}

fn cluster(infos: Vec<ConnectionInfo>, settings: &RedisSettings) -> RedisResult<ClusterClient> {
    let mut builder = ClusterClient::builder(infos)
        .retries(0)
        .connection_timeout(settings.connect_timeout)
        .response_timeout(settings.response_timeout);
    if let Some(certificates) = certificates(settings).filter(|_| uses_tls(settings)) {
        builder = builder.certs(certificates);
    }
    builder.build()
}

impl fmt::Debug for RedisClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standalone(_) => "RedisClient::Standalone",
            Self::Sentinel(_) => "RedisClient::Sentinel",
            Self::Cluster(_) => "RedisClient::Cluster",
        })
    }
}
