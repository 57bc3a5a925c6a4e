//! Values that are met by more than one.

use crate::engine::{Address, Cell, Field, Outputs};

/// What stands for the key of a database that has none.
pub(super) const NO_KEY: &str = "";

/// A version of PostgreSQL: the major one, and the minor one if it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    major: String,
    minor: Option<String>,
}

impl EngineVersion {
    /// Reads `17` or `17.6`.
    pub fn new(text: &str) -> Self {
        match text.split_once('.') {
            Some((major, minor)) => Self { major: major.into(), minor: Some(minor.into()) },
            None => Self { major: text.into(), minor: None },
        }
    }

    /// The same, whatever the minor version.
    #[must_use]
    pub fn of_any_minor(self) -> Self {
        Self { minor: None, ..self }
    }

    /// Whether the two are of one major version.
    pub(super) fn is_of_major(&self, other: &Self) -> bool {
        self.major == other.major
    }

    /// As AWS is asked for it: of a major version alone it takes the minor one it likes best.
    pub(super) fn text(&self) -> String {
        match &self.minor {
            Some(minor) => format!("{}.{minor}", self.major),
            None => self.major.clone(),
        }
    }
}

impl Field for EngineVersion {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        let known = |text: &String| Cell::Known(text.as_str().into());
        let minor = self.minor.as_ref().map_or(Cell::Any, known);
        Cell::Map([("major".to_owned(), known(&self.major)), ("minor".to_owned(), minor)].into())
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// How much storage there is, in GiB: AWS lets it grow by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// So much, or more.
    AtLeast(i32),
    /// So much.
    Is(i32),
}

impl Storage {
    /// In GiB.
    pub(super) fn gib(self) -> i32 {
        match self {
            Self::AtLeast(gib) | Self::Is(gib) => gib,
        }
    }
}

impl Field for Storage {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        match self {
            Self::AtLeast(gib) => Cell::AtLeast((*gib).into()),
            Self::Is(gib) => Cell::Known((*gib).into()),
        }
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(*self)
    }
}
