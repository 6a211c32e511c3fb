//! Lua scripts, and calls of them.

use std::sync::OnceLock;

use redis::{Arg, Cmd, ToRedisArgs};

/// A script. Its source lies in a file of its own, beside the code that calls it.
#[derive(Debug)]
pub(crate) struct Script {
    source: &'static str,
    hash: OnceLock<String>,
}

/// A call of a script in the making.
pub(crate) struct Call {
    script: &'static Script,
    pub(crate) command: Cmd,
}

impl Script {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self { source, hash: OnceLock::new() }
    }

    /// A call with these keys: all that the script touches, and at least one.
    pub(crate) fn call<K: AsRef<[u8]>>(&'static self, keys: &[K]) -> Call {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.hash()).arg(keys.len());
        for key in keys {
            command.arg(key.as_ref());
        }
        Call { script: self, command }
    }

    fn hash(&self) -> &str {
        self.hash.get_or_init(|| redis::Script::new(self.source).get_hash().to_owned())
    }
}

impl Call {
    /// The same call for a server that has not got the script, and has it from then on.
    pub(crate) fn with_source(&self) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(self.script.source);
        for argument in self.command.args_iter().skip(2) {
            if let Arg::Simple(argument) = argument {
                command.arg(argument);
            }
        }
        command
    }

    /// The first of the keys, which decides the node of a cluster.
    pub(crate) fn first_key(&self) -> Option<&[u8]> {
        match self.command.args_iter().nth(3)? {
            Arg::Simple(key) => Some(key),
            _ => None,
        }
    }

    pub(crate) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn push(&mut self, argument: impl ToRedisArgs) {
        self.command.arg(argument);
    }
}
