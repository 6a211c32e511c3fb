//! What a suite needs from an adapter.

/// Declares the fixture of a port.
macro_rules! fixture {
    ($name:ident: dyn $port:ident) => {
        #[doc = concat!("What the suite of [`", stringify!($port), "`] needs from an adapter.")]
        ///
        /// Fixtures may share a backend, but not what they store in it: each has its own.
        pub trait $name: Sized + 'static {
            /// Connects, creating whatever has to exist. Panics with what is missing.
            fn open() -> impl Future<Output = Self>;

            /// The store under test. All handles reach the same one.
            fn store(&self) -> std::sync::Arc<dyn $port>;

            /// Ends the store and opens it again, as a restart of the process does. `None` if
            /// what is stored does not outlive it.
            fn reopen(self) -> impl Future<Output = Option<Self>>;

            /// A store whose backend cannot be reached. `None` if there is nothing to reach.
            fn unreachable(&self) -> impl Future<Output = Option<std::sync::Arc<dyn $port>>>;
        }
    };
}

pub(crate) use fixture;
