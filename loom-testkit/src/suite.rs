//! What all suites share: a list of cases that becomes tests, or data.
//!
//! Each suite writes its list once, as a macro that hands the names on to one of the macros
//! below. The names are given as `theme::case`, the module of the suite and the function in it.

use std::panic::{self, UnwindSafe};
use std::sync::{Mutex, PoisonError};

/// One sentence of a contract, ready to run against one adapter.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The sentence.
    pub name: &'static str,
    /// Opens a fixture and checks it. Panics if the sentence is not true.
    pub run: fn(),
}

/// Runs every case and names those that failed. For tests of a suite itself.
pub fn failures(cases: &[Case]) -> Vec<&'static str> {
    // The hook belongs to the process, so two suites must not silence it at once.
    static HOOK: Mutex<()> = Mutex::new(());
    let _only_one = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let failed = cases.iter().filter(|case| fails(case.run)).map(|case| case.name).collect();
    panic::set_hook(hook);
    failed
}

fn fails(run: impl FnOnce() + UnwindSafe) -> bool {
    panic::catch_unwind(run).is_err()
}

/// One `#[test]` per case.
#[doc(hidden)]
#[macro_export]
macro_rules! __suite_tests {
    ([$port:ident $trait:ident $fixture:ty, $attrs:tt] $($theme:ident::$case:ident)*) => {
        $($crate::__suite_test!($port $trait $fixture, $attrs, $theme::$case);)*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __suite_test {
    ($port:ident $trait:ident $fixture:ty, [$($attr:tt)*], $theme:ident::$case:ident) => {
        #[test]
        $($attr)*
        fn $case() {
            $crate::run(async {
                let fixture = <$fixture as $crate::$port::$trait>::open().await;
                $crate::$port::$theme::$case(fixture).await;
            });
        }
    };
}

/// The same cases as a vector of [`Case`].
#[doc(hidden)]
#[macro_export]
macro_rules! __suite_list {
    ([$port:ident $trait:ident $fixture:ty] $($theme:ident::$case:ident)*) => {
        vec![$($crate::Case {
            name: stringify!($case),
            run: || $crate::run(async {
                let fixture = <$fixture as $crate::$port::$trait>::open().await;
                $crate::$port::$theme::$case(fixture).await;
            }),
        }),*]
    };
}

/// The public functions of a module that its suite's list does not name. A case that is
/// written but not listed would never run.
#[cfg(test)]
pub(crate) fn unlisted<'a>(suite: &str, cases: &[&'a str]) -> Vec<&'a str> {
    let listed: Vec<_> = suite.lines().filter_map(|line| line.trim().split_once("::")).collect();
    cases
        .iter()
        .flat_map(|source| source.lines())
        .filter_map(|line| line.strip_prefix("pub async fn ")?.split(['(', '<']).next())
        .filter(|name| !listed.iter().any(|(_, case)| case == name))
        .collect()
}
