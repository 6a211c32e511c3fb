//! The engines, each with what makes one write atomic and durable.

use std::fs::File;
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use lmdb::Transaction as _;

use super::{key, record};

/// Writes records in the order of their places.
pub(crate) trait Engine {
    /// Returns once all of them are on the disk.
    fn write(&mut self, places: Range<u64>);
}

/// A file that is only appended to: no index, so nothing can be found again.
pub(crate) struct Append(File);

impl Append {
    pub(crate) fn open(path: &Path) -> Self {
        Self(File::create(path).expect("a file"))
    }
}

impl Engine for Append {
    fn write(&mut self, places: Range<u64>) {
        let group: Vec<u8> = places.flat_map(record).collect();
        self.0.write_all(&group).expect("an append");
        self.0.sync_data().expect("a sync");
    }
}

/// A log-structured merge tree behind a write-ahead log.
pub(crate) struct Fjall(Database, Keyspace);

impl Fjall {
    pub(crate) fn open(path: &Path) -> Self {
        let database = Database::builder(path).manual_journal_persist(true).open();
        let database = database.expect("an empty database");
        let records = database.keyspace("records", KeyspaceCreateOptions::default);
        Self(database, records.expect("a keyspace"))
    }
}

impl Engine for Fjall {
    fn write(&mut self, places: Range<u64>) {
        let Self(database, records) = self;
        let mut batch = database.batch();
        for place in places {
            batch.insert(records, key(place), record(place).as_slice());
        }
        batch.commit().expect("a batch");
        database.persist(PersistMode::SyncData).expect("a sync");
    }
}

/// A memory-mapped B+ tree in C.
pub(crate) struct Lmdb(lmdb::Environment, lmdb::Database);

impl Lmdb {
    pub(crate) fn open(path: &Path) -> Self {
        std::fs::create_dir(path).expect("a directory");
        let environment = lmdb::Environment::new().set_map_size(16 << 30).open(path);
        let environment = environment.expect("an empty environment");
        let records = environment.open_db(None).expect("a database");
        Self(environment, records)
    }
}

impl Engine for Lmdb {
    fn write(&mut self, places: Range<u64>) {
        let Self(environment, records) = self;
        let mut write = environment.begin_rw_txn().expect("a transaction");
        for place in places {
            let flags = lmdb::WriteFlags::empty();
            write.put(*records, &key(place), &record(place), flags).expect("a record");
        }
        write.commit().expect("a commit");
    }
}

const REDB_RECORDS: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("records");

/// A copy-on-write B+ tree.
pub(crate) struct Redb(redb::Database);

impl Redb {
    pub(crate) fn open(path: &Path) -> Self {
        Self(redb::Database::create(path).expect("an empty database"))
    }
}

impl Engine for Redb {
    fn write(&mut self, places: Range<u64>) {
        let write = self.0.begin_write().expect("a transaction");
        {
            let mut records = write.open_table(REDB_RECORDS).expect("a table");
            for place in places {
                records.insert(key(place).as_slice(), record(place).as_slice()).expect("a record");
            }
        }
        write.commit().expect("a commit");
    }
}

/// A B link tree over a log.
pub(crate) struct Sled(sled::Db);

impl Sled {
    pub(crate) fn open(path: &Path) -> Self {
        // Nothing is written but by the calls below.
        Self(sled::Config::new().path(path).flush_every_ms(None).open().expect("an empty database"))
    }
}

impl Engine for Sled {
    fn write(&mut self, places: Range<u64>) {
        let mut batch = sled::Batch::default();
        for place in places {
            batch.insert(&key(place), record(place).as_slice());
        }
        self.0.apply_batch(batch).expect("a batch");
        self.0.flush().expect("a sync");
    }
}
