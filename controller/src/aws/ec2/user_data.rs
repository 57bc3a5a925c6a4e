//! User data: what an instance is told when it is launched, compared as the text that it is.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    engine::{Address, Cell, Field, Outputs},
    gzip,
};

/// How much text is believed to be user data: sixteen KiB of it, compressed as well as it can be, are less.
const MOST: u64 = 1024 * 1024;

/// What an instance is told. Two compressors pack one text in two ways, and it is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserData {
    text: String,
}

impl UserData {
    /// This text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// As EC2 takes it: compressed, in base64.
    pub(super) fn encoded(&self) -> String {
        STANDARD.encode(gzip::pack(&self.text))
    }

    /// As EC2 gives it. What is no text says that, and is no text of ours.
    pub(super) fn read(encoded: &str) -> Self {
        let text = STANDARD.decode(encoded).ok().and_then(|bytes| gzip::unpack(&bytes, MOST));
        Self { text: text.unwrap_or_else(|| "(not readable as text)".to_owned()) }
    }
}

impl Field for UserData {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        Cell::Known(self.text.as_str().into())
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read() {
        let data = UserData::new("#cloud-config\nruncmd: [é]\n");
        assert_eq!(UserData::read(&data.encoded()), data);
    }

    #[test]
    fn one_text_is_the_same_however_it_is_packed() {
        let text = "#cloud-config\nruncmd: [true]\n";
        assert_eq!(UserData::read(&STANDARD.encode(text)), UserData::new(text));
    }

    #[test]
    fn what_nobody_can_read_differs_and_is_no_error() {
        let ours = UserData::new("#cloud-config\n");
        for foreign in ["%%%", &STANDARD.encode([0x1f, 0x8b, 0, 1]), &STANDARD.encode([0xff])] {
            assert_ne!(UserData::read(foreign), ours, "{foreign}");
        }
        assert_ne!(UserData::read(""), ours);
    }
}
