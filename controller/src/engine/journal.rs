//! What was about to be done and what came of it: what a next run may know of this one.

use std::sync::Mutex;

use jiff::Timestamp;

use super::{Address, Cell, PhysicalId};

/// A creation that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The node, as text: its kind may be of another version of this program.
    pub address: String,
    /// Which object of that node it is to be.
    pub ordinal: u32,
    /// When.
    pub at: Timestamp,
    /// What came of it, if that is known.
    pub id: Option<PhysicalId>,
}

/// A record that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the local record could not be {verb}; nothing was changed on its account")]
pub struct JournalError {
    /// `read` or `written`.
    pub verb: &'static str,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A repair that was made.
#[derive(Clone, Debug)]
pub struct Repair<'a> {
    /// The node.
    pub address: &'a Address,
    /// The field.
    pub field: &'static str,
    /// What was there.
    pub from: &'a Cell,
    /// What it was set to.
    pub to: &'a Cell,
}

/// What was begun and done, for the next run. Each record is durable when its call returns.
pub trait Journal: Send + Sync {
    /// Records that a creation is about to be asked for. What is known of other objects of the
    /// node stays.
    fn begin(&self, address: &Address, ordinal: u32, at: Timestamp) -> Result<(), JournalError>;
    /// Records what came of the creation of the node that was begun last: an object, or, once that
    /// is certain, nothing at all.
    fn resolve(&self, address: &Address, id: Option<&PhysicalId>) -> Result<(), JournalError>;
    /// The creations that were begun, and whose objects are not known to be gone: one for each
    /// ordinal of a node.
    fn intents(&self) -> Result<Vec<Intent>, JournalError>;
    /// Records that an object is gone.
    fn gone(&self, id: &PhysicalId) -> Result<(), JournalError>;
    /// Records who put the mark.
    fn set_nonce(&self, nonce: &str) -> Result<(), JournalError>;
    /// Whether this record goes back to that mark.
    fn knows_nonce(&self, nonce: &str) -> Result<bool, JournalError>;
    /// Records a repair, and says how often the very same was made since `since`, this one counted.
    fn repaired(
        &self,
        repair: &Repair<'_>,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<u32, JournalError>;
    /// How often the very same repair was made since then.
    fn repairs(&self, repair: &Repair<'_>, since: Timestamp) -> Result<u32, JournalError>;
}

/// A journal that ends with the process.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<Records>);

#[derive(Debug, Default)]
struct Records {
    /// In the order in which they were begun.
    intents: Vec<Intent>,
    nonces: Vec<String>,
    repairs: Vec<(String, Timestamp)>,
}

impl InMemory {
    fn records(&self) -> std::sync::MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Journal for InMemory {
    fn begin(&self, address: &Address, ordinal: u32, at: Timestamp) -> Result<(), JournalError> {
        let address = address.to_string();
        let mut records = self.records();
        records.intents.retain(|known| known.address != address || known.ordinal != ordinal);
        records.intents.push(Intent { address, ordinal, at, id: None });
        Ok(())
    }

    fn resolve(&self, address: &Address, id: Option<&PhysicalId>) -> Result<(), JournalError> {
        let (mut records, address) = (self.records(), address.to_string());
        let last = records.intents.iter().rposition(|known| known.address == address);
        match (last, id) {
            (None, _) => {}
            (Some(last), None) => drop(records.intents.remove(last)),
            (Some(last), Some(id)) => {
                if let Some(intent) = records.intents.get_mut(last) {
                    intent.id = Some(id.clone());
                }
            }
        }
        Ok(())
    }

    fn intents(&self) -> Result<Vec<Intent>, JournalError> {
        Ok(self.records().intents.clone())
    }

    fn gone(&self, id: &PhysicalId) -> Result<(), JournalError> {
        self.records().intents.retain(|intent| intent.id.as_ref() != Some(id));
        Ok(())
    }

    fn set_nonce(&self, nonce: &str) -> Result<(), JournalError> {
        self.records().nonces.push(nonce.to_owned());
        Ok(())
    }

    fn knows_nonce(&self, nonce: &str) -> Result<bool, JournalError> {
        Ok(self.records().nonces.iter().any(|known| known == nonce))
    }

    fn repaired(
        &self,
        repair: &Repair<'_>,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<u32, JournalError> {
        self.records().repairs.push((repair.key(), at));
        self.repairs(repair, since)
    }

    fn repairs(&self, repair: &Repair<'_>, since: Timestamp) -> Result<u32, JournalError> {
        let (key, records) = (repair.key(), self.records());
        let same =
            records.repairs.iter().filter(|(known, at)| *known == key && *at >= since).count();
        Ok(u32::try_from(same).unwrap_or(u32::MAX))
    }
}

impl Repair<'_> {
    /// What makes two repairs the very same.
    pub fn key(&self) -> String {
        format!("{} {} {} {}", self.address, self.field, self.from, self.to)
    }
}
