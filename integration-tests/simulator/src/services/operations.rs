//! The operations of a service that speaks AWS's query protocol, as its files list them.

/// An operation: its name, whether it writes, what it does.
pub(super) type Operation<F> = (&'static str, bool, F);

/// The operations of a service, file by file.
pub(super) struct Operations<F: 'static>(pub(super) &'static [&'static [Operation<F>]]);

impl<F> Operations<F> {
    fn all(&self) -> impl Iterator<Item = &'static Operation<F>> + use<F> {
        self.0.iter().flat_map(|file| file.iter())
    }

    /// The operation of that name.
    pub(super) fn find(&self, name: &str) -> Option<&'static Operation<F>> {
        self.all().find(|it| it.0 == name)
    }

    /// The names of all.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.all().map(|it| it.0).collect()
    }

    /// Whether that one is a write.
    pub(super) fn mutates(&self, name: &str) -> bool {
        self.find(name).is_some_and(|it| it.1)
    }
}
