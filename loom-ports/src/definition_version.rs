//! Versions of definitions, and ranges of them.

use std::fmt;

use semver::{BuildMetadata, Version, VersionReq};

/// The longest version, in bytes.
const VERSION_BYTES_MAX: usize = 128;

/// The version of a definition, by [Semantic Versioning](https://semver.org): `1.10.0` comes after
/// `1.9.0`, and `2.0.0-rc.1` before `2.0.0`.
///
/// At most 128 bytes. Has no build metadata: it is not part of the order, so two versions that
/// differed in it alone would be the same.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DefinitionVersion(Version);

impl DefinitionVersion {
    /// Parses a version.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `raw`.
    pub fn parse(raw: &str) -> Result<Self, InvalidVersion> {
        let invalid = |why: &dyn fmt::Display| InvalidVersion(format!("{raw:?}: {why}"));
        if raw.len() > VERSION_BYTES_MAX {
            return Err(InvalidVersion(format!(
                "a version is longer than {VERSION_BYTES_MAX} bytes"
            )));
        }
        let version = Version::parse(raw).map_err(|error| invalid(&error))?;
        if version.build != BuildMetadata::EMPTY {
            return Err(invalid(&"a version of a definition has no build metadata"));
        }
        Ok(Self(version))
    }

    /// The numbers, most significant first.
    #[must_use]
    pub fn numbers(&self) -> [u64; 3] {
        [self.0.major, self.0.minor, self.0.patch]
    }

    /// What is between `-` and the end, empty for a release.
    #[must_use]
    pub fn pre_release(&self) -> &str {
        &self.0.pre
    }
}

/// Which versions will do: `1.2`, `>=1.2, <3`, `=1.2.3`, `*`, as Cargo reads them.
///
/// A pre-release is only in a range that names one of the same three numbers.
#[derive(Clone, Eq, PartialEq)]
pub struct VersionRange(VersionReq);

impl VersionRange {
    /// Every release, so that the greatest of the range is the latest release.
    pub const LATEST: Self = Self(VersionReq::STAR);

    /// Parses a range.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `raw`.
    pub fn parse(raw: &str) -> Result<Self, InvalidVersion> {
        let range = VersionReq::parse(raw);
        range.map(Self).map_err(|error| InvalidVersion(format!("{raw:?}: {error}")))
    }

    /// Whether a version is in the range.
    #[must_use]
    pub fn contains(&self, version: &DefinitionVersion) -> bool {
        self.0.matches(&version.0)
    }
}

/// Why a text is not a version or a range of versions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidVersion(String);

impl fmt::Display for InvalidVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidVersion {}

macro_rules! printed {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "\"{self}\"")
            }
        }
    )*};
}

printed!(DefinitionVersion VersionRange);
