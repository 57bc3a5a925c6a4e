//! Text, compressed, the same bytes for the same text: what EC2 hands to instances is small.
//!
//! <https://docs.cloud-init.io/en/latest/explanation/format.html>: "Content found to be gzip compressed will be
//! uncompressed."

use std::io::Read as _;

use flate2::{Compression, GzBuilder, read::GzDecoder};

/// Compresses, with no time and no name in it.
pub(crate) fn pack(text: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = GzBuilder::new().read(text.as_bytes(), Compression::best());
    // Both ends are in memory: nothing can fail.
    let _ = encoder.read_to_end(&mut packed);
    packed
}

/// The text of what may be compressed, up to so many bytes of it; nothing if it is no text, or more than that.
pub(crate) fn unpack(bytes: &[u8], most: u64) -> Option<String> {
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(bytes).take(most + 1).read_to_string(&mut text).ok()?;
    } else {
        text.push_str(std::str::from_utf8(bytes).ok()?);
    }
    (u64::try_from(text.len()).unwrap_or(u64::MAX) <= most).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again_and_what_is_not_packed_is_itself() {
        assert_eq!(unpack(&pack("é\n"), 10).as_deref(), Some("é\n"));
        assert_eq!(unpack(b"#cloud-config\n", 100).as_deref(), Some("#cloud-config\n"));
    }

    #[test]
    fn what_is_no_text_or_too_much_of_it_is_nothing() {
        let mut broken = pack("some text");
        broken.truncate(14);
        assert_eq!(unpack(&broken, 100), None);
        assert_eq!(unpack(&[0xff, 0xfe], 100), None);
        assert_eq!(unpack(&pack(&"0".repeat(1_000_000)), 1000), None);
    }
}
