//! Identifiers. Each one is parsed once, at the edge, and trusted from then on.
//!
//! Four alphabets cover them all: *words* (`[a-z][a-z0-9_-]*`, for names that appear in code),
//! *paths* (names of letters, digits, `_` and `-`, joined by `/`, for settings), *keys* (1 to 256
//! bytes of UTF-8 without control characters, so that an e-mail address or a URL is a key), and an
//! [`ActorId`], which is a word and a key joined by the first `/`.
//! Backends with narrower rules use [`encode`](crate::encode).

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest word, in bytes.
pub const WORD_BYTES_MAX: usize = 64;
/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 256;
/// The longest path, in bytes: names of letters, digits, `_` and `-`, joined by `/`.
pub const PATH_BYTES_MAX: usize = 128;
/// The longest message id, in bytes: room for an actor id and a position in its journal.
pub const MESSAGE_ID_BYTES_MAX: usize = 512;

/// Why a string is not an identifier.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidId {
    /// The string was empty.
    #[error("{what} is empty")]
    Empty {
        /// Which identifier was being parsed.
        what: &'static str,
    },
    /// The string has more bytes than any backend must accept.
    #[error("{what} is {bytes} bytes, more than {max}")]
    TooLong {
        /// Which identifier was being parsed.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
    /// A character outside the identifier's alphabet.
    #[error("{what} contains {found:?} at byte {at}; {rule}")]
    Forbidden {
        /// Which identifier was being parsed.
        what: &'static str,
        /// The first offending character.
        found: char,
        /// Where it stands.
        at: usize,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// An actor id without the `/` between kind and key.
    #[error("actor id {found:?} has no '/'; write kind/key, as in wallet/alice")]
    NoSlash {
        /// What was given, shortened.
        found: String,
    },
}

const WORD_RULE: &str = "use a lower-case letter, then lower-case letters, digits, '_' or '-'";
const PATH_RULE: &str = "use names of letters, digits, '_' and '-', joined by '/'";
const KEY_RULE: &str = "control characters are not allowed";

fn word(what: &'static str, raw: &str) -> Result<(), InvalidId> {
    length(what, raw, WORD_BYTES_MAX)?;
    let allowed = |(at, c): (usize, char)| match c {
        'a'..='z' => true,
        '0'..='9' | '_' | '-' => at > 0,
        _ => false,
    };
    match raw.char_indices().find(|&found| !allowed(found)) {
        Some((at, found)) => Err(InvalidId::Forbidden { what, found, at, rule: WORD_RULE }),
        None => Ok(()),
    }
}

fn key(what: &'static str, raw: &str) -> Result<(), InvalidId> {
    length(what, raw, KEY_BYTES_MAX)?;
    printable(what, raw)
}

fn short_key(what: &'static str, raw: &str) -> Result<(), InvalidId> {
    length(what, raw, PATH_BYTES_MAX)?;
    printable(what, raw)
}

fn path(what: &'static str, raw: &str) -> Result<(), InvalidId> {
    length(what, raw, PATH_BYTES_MAX)?;
    let mut before = '/';
    for (at, found) in raw.char_indices().chain([(raw.len(), '/')]) {
        let allowed = match found {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => true,
            '/' => before != '/',
            _ => false,
        };
        if !allowed {
            return Err(InvalidId::Forbidden { what, found, at, rule: PATH_RULE });
        }
        before = found;
    }
    Ok(())
}

fn message_id(what: &'static str, raw: &str) -> Result<(), InvalidId> {
    length(what, raw, MESSAGE_ID_BYTES_MAX)?;
    printable(what, raw)
}

fn printable(what: &'static str, raw: &str) -> Result<(), InvalidId> {
    // Of nearly every id, and many bytes at a time.
    if raw.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    match raw.char_indices().find(|(_, c)| c.is_control()) {
        Some((at, found)) => Err(InvalidId::Forbidden { what, found, at, rule: KEY_RULE }),
        None => Ok(()),
    }
}

fn length(what: &'static str, raw: &str, max: usize) -> Result<(), InvalidId> {
    match raw.len() {
        0 => Err(InvalidId::Empty { what }),
        bytes if bytes > max => Err(InvalidId::TooLong { what, bytes, max }),
        _ => Ok(()),
    }
}

macro_rules! string_id {
    ($($(#[$doc:meta])* $name:ident: $rule:ident as $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Arc<str>);

        impl $name {
            #[doc = concat!("Parses a ", $what, ".")]
            ///
            /// # Errors
            ///
            /// Returns the first rule that `raw` breaks.
            pub fn parse(raw: &str) -> Result<Self, InvalidId> {
                $rule($what, raw)?;
                Ok(Self(raw.into()))
            }

            /// The identifier as it was parsed.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        string_forms!($name);
    )*};
}

macro_rules! string_forms {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(raw: String) -> Result<Self, InvalidId> {
                Self::parse(&raw)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(raw: &str) -> Result<Self, InvalidId> {
                Self::parse(raw)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().into()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str(Parser(Self::parse))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
    };
}

/// Parses text where it is found, without a copy of it.
struct Parser<T>(fn(&str) -> Result<T, InvalidId>);

impl<T> Visitor<'_> for Parser<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, raw: &str) -> Result<T, E> {
        (self.0)(raw).map_err(E::custom)
    }
}

string_id! {
    /// What sort of actor: chooses the code that handles its messages.
    Kind: word as "kind";
    /// Which handler of an actor.
    Method: word as "method";
    /// A named effect that a host knows how to run.
    ActivityName: word as "activity";
    /// What an actor waits for.
    EventName: word as "event";
    /// A durable or volatile topic.
    TopicName: word as "topic";
    /// A timer of one actor. Setting it again replaces it.
    TimerName: word as "timer";
    /// Names a queue.
    QueueName: key as "queue";
    /// A process that runs actors, for as long as it lives.
    HostId: key as "host";
    /// Names a message across redeliveries, in journals and in dead letters.
    MessageId: message_id as "message id";
    /// Chosen by whoever sends a request, the same in each attempt to send it.
    IdempotencyKey: key as "idempotency key";
    /// Names what a lock protects.
    LockName: key as "lock";
    /// Names a definition of an activity or of a workflow, in all its versions.
    DefinitionName: key as "definition";
    /// Names a span of work.
    SpanId: key as "span";
    /// What all spans have in common that one request led to.
    CorrelationId: key as "correlation id";
    /// What a span did.
    OperationName: key as "operation";
    /// Names a setting. A [`path`](PATH_BYTES_MAX), as `retry/limit`.
    ConfigKey: path as "configuration key";
    /// Whose configuration. At most as long as a [`ConfigKey`].
    TenantId: short_key as "tenant";
    /// Where something runs, as `production`.
    EnvironmentName: word as "environment";
    /// Names a secret, in all its versions.
    SecretName: key as "secret";
    /// Names the key with which others are encrypted.
    WrappingKeyId: key as "wrapping key";
    /// Names a graph.
    GraphName: key as "graph";
    /// Names an entity of a graph.
    EntityId: key as "entity";
    /// Names a fact of a graph.
    FactId: key as "fact";
    /// Names an episode of a graph.
    EpisodeId: key as "episode";
    /// How one entity stands to another.
    RelationName: key as "relation";
}

/// Names one actor: its kind, and its key within the kind.
///
/// Written `kind/key`. The key may itself contain `/`.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ActorId {
    text: Arc<str>,
    // At most WORD_BYTES_MAX, and follows from `text`, so it takes no part in comparisons
    // that `text` has not decided already.
    kind_bytes: u8,
}

impl ActorId {
    /// Parses `kind/key`.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `raw` breaks.
    pub fn parse(raw: &str) -> Result<Self, InvalidId> {
        let Some((kind, rest)) = raw.split_once('/') else {
            return Err(InvalidId::NoSlash { found: raw.chars().take(80).collect() });
        };
        word("kind", kind)?;
        key("key", rest)?;
        Ok(Self { text: raw.into(), kind_bytes: narrow(kind.len()) })
    }

    /// The actor of `kind` whose key is `raw`.
    ///
    /// # Errors
    ///
    /// Returns the rule for keys that `raw` breaks.
    pub fn new(kind: &Kind, raw: &str) -> Result<Self, InvalidId> {
        key("key", raw)?;
        let text = format!("{kind}/{raw}").into();
        Ok(Self { text, kind_bytes: narrow(kind.as_str().len()) })
    }

    /// The kind, up to the first `/`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.text[..usize::from(self.kind_bytes)]
    }

    /// The key, after the first `/`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.text[usize::from(self.kind_bytes) + 1..]
    }

    /// `kind/key`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn narrow(kind_bytes: usize) -> u8 {
    u8::try_from(kind_bytes).expect("a parsed kind has at most WORD_BYTES_MAX bytes")
}

string_forms!(ActorId);

#[cfg(test)]
mod tests;
