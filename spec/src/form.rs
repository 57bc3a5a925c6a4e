//! The complete form of things, and how each is written.

use crate::{
    at::{At, Optional, Required},
    log::Log,
};

/// Something complete, and how it is written.
///
/// What is written may lack what has a default, and some of it may not be readable. Settling it
/// checks its fields against each other and fills in the defaults.
pub(crate) trait Form: Sized {
    /// How it is written.
    type Written;

    /// Whether two of them in a list are one too many.
    fn is_same(_: &Self::Written, _: &Self::Written) -> bool {
        false
    }

    /// Completes what is written; nothing, if anything of it is wrong. What is wrong is in the log.
    fn settle(written: At<Self::Written>, log: &Log) -> Option<Self>;
}

/// Completes a field that must be there.
pub(crate) fn settle_required<T: Form>(field: Required<T::Written>, log: &Log) -> Option<T> {
    T::settle(field.0?, log)
}

/// Completes a field that may be left out.
#[expect(
    clippy::option_option,
    reason = "outside: whether it is right; inside: whether it is there"
)]
pub(crate) fn settle_optional<T: Form>(
    field: Optional<T::Written>,
    log: &Log,
) -> Option<Option<T>> {
    match field {
        Optional::Absent => Some(None),
        Optional::Broken => None,
        Optional::Given(at) => T::settle(at, log).map(Some),
    }
}

/// Completes a field that has a default.
pub(crate) fn settle_or<T: Form>(
    field: Optional<T::Written>,
    default: impl FnOnce() -> Option<T>,
    log: &Log,
) -> Option<T> {
    match field {
        Optional::Absent => default(),
        Optional::Broken => None,
        Optional::Given(at) => T::settle(at, log),
    }
}

/// Completes a chapter; one that is left out is one of defaults.
pub(crate) fn settle_chapter<T: Form>(field: Optional<T::Written>, log: &Log) -> Option<T>
where
    T::Written: Default,
{
    settle_or(field, || T::settle(At::default(), log), log)
}

/// Makes values forms that are written as they are.
macro_rules! leaf {
    ($($t:ty),+ $(,)?) => {$(
        impl $crate::form::Form for $t {
            type Written = Self;
            fn is_same(a: &Self, b: &Self) -> bool {
                a == b
            }
            fn settle(written: $crate::at::At<Self>, _: &$crate::log::Log) -> Option<Self> {
                Some(written.value)
            }
        }
    )+};
}
pub(crate) use leaf;

leaf!(bool, String);
