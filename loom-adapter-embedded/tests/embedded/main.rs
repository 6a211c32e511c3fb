//! The embedded adapters: what they promise as all others do, and what a directory does when
//! processes die, disks fill up and bytes go bad.

mod blob;
mod conformance;
mod crash;
mod damage;
mod directory;
mod full;
mod growth;
mod lease;
mod scene;
mod secret;
mod tail;
