//! The command line.

mod examples;
mod workflow;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use loom_adapter_embedded::Durability;
use serde::Deserialize;

#[cfg(feature = "azure")]
use self::examples::COSMOS_EXAMPLES;
use self::examples::{
    CLUSTER_EXAMPLES, CONFIG_EXAMPLES, DEV_EXAMPLES, JOURNAL_EXAMPLES, RUN_EXAMPLES,
    SECRETS_EXAMPLES, SERVE_EXAMPLES, WORKFLOW_EXAMPLES,
};
pub(crate) use self::workflow::{GraphFormat, Server, Workflow};
use crate::exit;
use crate::workflow::BaseUrl;

/// Durable actors on one directory.
///
/// Every message is handled once, and what it did is on disk before anybody hears of it, so that
/// `kill -9` at any moment loses and repeats nothing.
#[derive(Debug, Parser)]
#[command(name = "loom", version, after_help = exit::HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Handle the messages in a file, one JSON object per line
    #[command(after_long_help = RUN_EXAMPLES)]
    Run(Run),
    /// Serve the actors over HTTP, on this machine only
    #[command(after_long_help = DEV_EXAMPLES)]
    Dev(Dev),
    /// Serve the actors over HTTP as a file says, for production
    #[command(after_long_help = SERVE_EXAMPLES)]
    Serve(Serve),
    /// Look at the file of `loom serve`
    #[command(subcommand, after_help = CONFIG_EXAMPLES)]
    Config(Config),
    /// Set, list, delete and rotate secrets; none is ever printed
    #[command(after_help = SECRETS_EXAMPLES)]
    Secrets(Secrets),
    /// Read what actors did
    #[command(subcommand, after_help = JOURNAL_EXAMPLES)]
    Journal(Journal),
    /// Look at the hosts that share a Redis
    #[command(subcommand, after_help = CLUSTER_EXAMPLES)]
    Cluster(Cluster),
    /// Prepare Cosmos DB
    #[cfg(feature = "azure")]
    #[command(subcommand, after_help = COSMOS_EXAMPLES)]
    Cosmos(Cosmos),
    /// List actors, or their states
    #[command(subcommand)]
    Actors(Actors),
    /// List messages that were given up, or have one handled again
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Check workflow definitions, draw them, and run them
    #[command(subcommand, after_help = WORKFLOW_EXAMPLES)]
    Workflow(Workflow),
}

#[cfg(feature = "azure")]
#[derive(Debug, Subcommand)]
pub(crate) enum Cosmos {
    /// Create the database and the containers that are missing, and leave alone what is there
    Provision {
        /// Prepare what this file of `loom serve` names
        #[arg(long, value_name = "FILE", conflicts_with_all = ["endpoint", "database", "region"])]
        config: Option<PathBuf>,
        /// The address of the account; without it that in `COSMOS_ENDPOINT`
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
        /// The database; without it that in `COSMOS_DATABASE`, or `loom`
        #[arg(long, value_name = "NAME")]
        database: Option<String>,
        /// The region that is near; without it that in `COSMOS_REGION`, or `West Europe`
        #[arg(long, value_name = "REGION")]
        region: Option<String>,
        /// Print what would be created, and create nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Where the data is.
#[derive(Args, Debug)]
pub(crate) struct Data {
    /// The data directory
    #[arg(long = "data", value_name = "DIR", default_value = "data", env = "LOOM_DATA")]
    pub(crate) dir: PathBuf,
}

/// Where the data is, for commands that look at it.
#[derive(Args, Debug)]
pub(crate) struct Place {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// Which Redis holds the data, or which file says it.
#[derive(Args, Debug)]
pub(crate) struct Shared {
    #[command(flatten)]
    pub(crate) redis: Redis,
    /// Look at the stores that this file of `loom serve` names, and at no others
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Where the data is, for commands that write.
#[derive(Args, Debug)]
pub(crate) struct Store {
    #[command(flatten)]
    pub(crate) data: Data,
    /// What an answered message survives: `fsync` a power failure, `os` only the death of the
    /// process
    #[arg(long, value_enum, default_value = "fsync", env = "LOOM_DURABILITY")]
    pub(crate) durability: DurabilityArg,
}

/// A Redis that holds the data.
#[derive(Args, Debug)]
pub(crate) struct Redis {
    /// The data is in this Redis; --data and --durability mean nothing then. The address is
    /// `redis://` or, over TLS, `rediss://`, and
    /// `[user:password@]host[:port]`. A password is better kept in the environment
    #[arg(long = "redis", value_name = "URL", env = "LOOM_REDIS_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,
    /// It is a Redis Cluster, and the address that of any node
    #[arg(long = "redis-cluster", requires = "url")]
    pub(crate) is_cluster: bool,
    /// What all its keys begin with
    #[arg(long = "redis-prefix", value_name = "NAME", default_value = "loom", requires = "url")]
    pub(crate) prefix: String,
    /// A file with the certificates, in PEM, of those who may vouch for it
    #[arg(long = "redis-ca", value_name = "FILE", requires = "url")]
    pub(crate) ca: Option<PathBuf>,
    /// What an answered message survives: `none` nothing that Redis does not, `aof` the death of
    /// the server, `aof-synced` a loss of power (Redis 7.2), `replicas=N` the loss of the master
    #[arg(id = "redis_durability", long = "redis-durability", value_name = "WHAT", default_value = "aof",
          value_parser = redis_durability, requires = "url")]
    pub(crate) durability: loom_adapter_redis::Durability,
}

pub(crate) fn redis_durability(raw: &str) -> Result<loom_adapter_redis::Durability, String> {
    use loom_adapter_redis::Durability;
    let replicas = raw.strip_prefix("replicas=").and_then(|count| count.parse().ok());
    match (raw, replicas) {
        ("none", _) => Ok(Durability::None),
        ("aof", _) => Ok(Durability::Aof),
        ("aof-synced", _) => Ok(Durability::AofSynced),
        (_, Some(count @ 1..)) => Ok(Durability::Replicas(count)),
        _ => {
            Err("none, aof, aof-synced, or replicas= and a number from 1 to 255 is needed"
                .to_owned())
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Cluster {
    /// Print the hosts, what each of them owns, and what waits for them
    Status {
        #[command(flatten)]
        shared: Shared,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DurabilityArg {
    Fsync,
    Os,
}

impl From<DurabilityArg> for Durability {
    fn from(arg: DurabilityArg) -> Self {
        match arg {
            DurabilityArg::Fsync => Self::Fsync,
            DurabilityArg::Os => Self::Os,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) store: Store,
    /// The messages; `-` is the standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How many messages are handled at the same time
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = in_flight)]
    pub(crate) in_flight: usize,
    /// How long the key of a message is remembered
    #[arg(long, value_name = "DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) key_window: u16,
    /// Report lines that are no messages, and go on
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Keeps the lines without a key of this file apart from equal lines of other files
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) batch: String,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn in_flight(raw: &str) -> Result<usize, String> {
    match raw.parse() {
        Ok(n @ 1..=65_536) => Ok(n),
        _ => Err("a number from 1 to 65536 is needed".to_owned()),
    }
}

#[derive(Args, Debug)]
pub(crate) struct Dev {
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) redis: Redis,
    /// Where to listen; port 0 takes a free one and prints it
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7070")]
    pub(crate) listen: SocketAddr,
    /// Listen on an address that other machines can reach. There is no authentication
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// How long a call waits for its reply before the answer is that its outcome is unknown
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) call_limit: u64,
    /// How long an `Idempotency-Key` is remembered
    #[arg(long, value_name = "DAYS", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) key_window: u16,
    /// What the addresses begin with at which runs of workflows are called back. Where the host
    /// listens, if it is missing
    #[arg(long, value_name = "URL", env = "LOOM_WORKFLOWS_PUBLIC_URL")]
    pub(crate) public_url: Option<BaseUrl>,
    /// Print the address as JSON once requests are taken
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The file
    #[arg(long, value_name = "FILE", default_value = "loom.toml")]
    pub(crate) config: PathBuf,
    /// Print the address as JSON once requests are taken
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print what the file says and where that is said, where each port is, what a host in
    /// production would refuse, and what the stores are found to be. Nothing is written to a
    /// store, and nothing is created
    Check {
        /// The file
        #[arg(long, value_name = "FILE", default_value = "loom.toml")]
        config: PathBuf,
        /// Do not look at the stores
        #[arg(long)]
        offline: bool,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Secrets {
    /// The file that says where they are
    #[arg(long, value_name = "FILE", default_value = "loom.toml")]
    pub(crate) config: PathBuf,
    #[command(subcommand)]
    pub(crate) action: SecretsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretsAction {
    /// Give a secret a new value, which is read from standard input
    Set { name: String },
    /// Print which secrets there are, those that are deleted too
    List {
        /// One JSON object per secret
        #[arg(long)]
        json: bool,
    },
    /// Hide a secret with all its versions
    Delete { name: String },
    /// Bring a deleted secret back
    Recover { name: String },
    /// Remove a deleted secret for ever
    Purge { name: String },
    /// Encrypt all of them with the newest key
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Journal {
    /// Print the records of an actor
    Show {
        #[command(flatten)]
        place: Place,
        /// kind/key
        actor: String,
        /// The first record
        #[arg(long, value_name = "SEQ", default_value_t = 1)]
        from: u64,
        /// The most records
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
        /// One JSON object per record
        #[arg(long)]
        json: bool,
    },
    /// Print the state of an actor, now or as it was
    State {
        #[command(flatten)]
        place: Place,
        /// kind/key
        actor: String,
        /// As it was after this record
        #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
        at: Option<u64>,
        /// With the number, the time and the hash of the record
        #[arg(long)]
        json: bool,
    },
    /// Replay every actor, and compare with what was committed
    Verify {
        #[command(flatten)]
        place: Place,
        /// Print the counts as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Actors {
    /// Print which actors there are
    List {
        #[command(flatten)]
        place: Place,
        /// Only those of this kind
        #[arg(long)]
        kind: Option<String>,
        /// One JSON object per actor
        #[arg(long)]
        json: bool,
    },
    /// Print the state of every actor
    States {
        #[command(flatten)]
        place: Place,
        /// Only those of this kind
        #[arg(long)]
        kind: Option<String>,
        /// One JSON object per actor
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// Print the messages that were given up, oldest first within each partition
    List {
        #[command(flatten)]
        place: Place,
        /// One JSON object per message
        #[arg(long)]
        json: bool,
    },
    /// Have a message handled again
    Replay {
        #[command(flatten)]
        place: Place,
        /// Which one, as `list` prints it
        id: String,
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
}

#[cfg(test)]
mod tests;
