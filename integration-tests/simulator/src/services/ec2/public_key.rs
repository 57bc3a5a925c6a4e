//! Public keys of SSH as EC2 reads them, and their fingerprints.
//!
//! The forms EC2 takes: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html>;
//! of these only OpenSSH's one line is modelled. The layout of a key:
//! <https://www.rfc-editor.org/rfc/rfc4253#section-6.6>, <https://www.rfc-editor.org/rfc/rfc8709>.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::scene::Scene;
use crate::fault::Fault;

/// The lengths of RSA keys, in bits, that the user guide lists; keys of 3072 bits were seen to be
/// taken as well.
const LENGTHS: &[usize] = &[1024, 2048, 4096];

/// A public key.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    pub(super) algorithm: Algorithm,
    /// The key as SSH writes it.
    blob: Vec<u8>,
    pub(super) comment: String,
}

/// What a key is for.
#[derive(Debug, Clone)]
pub(super) enum Algorithm {
    Rsa { exponent: Vec<u8>, modulus: Vec<u8> },
    Ed25519,
}

impl Algorithm {
    /// What EC2 calls it.
    pub(super) fn key_type(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    fn ssh_name(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "ssh-rsa",
            Self::Ed25519 => "ssh-ed25519",
        }
    }
}

fn wrong() -> Fault {
    Fault::client("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
}

impl PublicKey {
    /// Reads the `PublicKeyMaterial` of a request: base64 of a key's one line.
    pub(super) fn read(scene: &Scene<'_>, material: &str) -> Result<Self, Fault> {
        let bytes = STANDARD.decode(material.trim()).map_err(|_| {
            Fault::invalid("Value for parameter PublicKeyMaterial is invalid. It is not base64.")
        })?;
        let text = String::from_utf8(bytes).map_err(|_| wrong())?;
        if text.trim_start().starts_with("----") {
            return Err(Fault::unsupported("public keys in another form than OpenSSH's one line"));
        }
        let mut words = text.trim().splitn(3, [' ', '\t']);
        let name = words.next().unwrap_or_default();
        let blob = STANDARD.decode(words.next().unwrap_or_default()).map_err(|_| wrong())?;
        let comment = words.next().unwrap_or_default().trim().to_owned();
        let algorithm = algorithm(&blob).ok_or_else(wrong)?;
        if algorithm.ssh_name() != name || comment.contains(['\n', '\r']) {
            return Err(wrong());
        }
        if let Algorithm::Rsa { modulus, .. } = &algorithm {
            let length = modulus.len() * 8;
            let taken = LENGTHS.contains(&length)
                || (length == 3072 && scene.settings.disputed("rsa-key-of-3072-bits", 2) == 0);
            if !taken {
                return Err(wrong());
            }
        }
        Ok(Self { algorithm, blob, comment })
    }

    /// The key in one line, with this comment.
    pub(super) fn line(&self, comment: &str) -> String {
        let body = STANDARD.encode(&self.blob);
        format!("{} {body} {comment}", self.algorithm.ssh_name()).trim_end().to_owned()
    }

    /// The fingerprint of an imported key.
    ///
    /// Of RSA keys: by the reference MD5 as in RFC 4716, which is of the key as SSH writes it; by
    /// the commands of the user guide MD5 of the key in DER.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html>
    pub(super) fn fingerprint(&self, scene: &Scene<'_>) -> String {
        match &self.algorithm {
            Algorithm::Rsa { exponent, modulus } => {
                let digest = match scene.settings.disputed("imported-rsa-fingerprint", 2) {
                    0 => Md5::digest(subject_public_key_info(exponent, modulus)),
                    _ => Md5::digest(&self.blob),
                };
                let mut text = String::new();
                for byte in digest {
                    let colon = if text.is_empty() { "" } else { ":" };
                    write!(text, "{colon}{byte:02x}").ok();
                }
                text
            }
            Algorithm::Ed25519 => {
                let text = STANDARD.encode(Sha256::digest(&self.blob));
                match scene.settings.disputed("ed25519-fingerprint-padding", 2) {
                    0 => text,
                    _ => text.trim_end_matches('=').to_owned(),
                }
            }
        }
    }
}

/// Reads what a key is for and its numbers; nothing when EC2 does not take such keys.
fn algorithm(blob: &[u8]) -> Option<Algorithm> {
    let (name, rest) = field(blob)?;
    match name {
        b"ssh-rsa" => {
            let (exponent, rest) = field(rest)?;
            let (modulus, rest) = field(rest)?;
            let number = |bytes: &[u8]| {
                let first = bytes.iter().position(|it| *it != 0)?;
                bytes.get(first..).map(<[u8]>::to_vec)
            };
            let exponent = number(exponent)?;
            let modulus = number(modulus)?;
            rest.is_empty().then_some(Algorithm::Rsa { exponent, modulus })
        }
        b"ssh-ed25519" => {
            let (key, rest) = field(rest)?;
            (key.len() == 32 && rest.is_empty()).then_some(Algorithm::Ed25519)
        }
        _ => None,
    }
}

/// Takes a field off: its length in four bytes, then so many bytes.
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// An RSA key as X.509 writes it: <https://www.rfc-editor.org/rfc/rfc3279#section-2.3.1>.
fn subject_public_key_info(exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    const INTEGER: u8 = 0x02;
    /// `rsaEncryption`, and no parameters.
    const RSA: &[u8] =
        &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let integer = |number: &[u8]| {
        let sign = number.first().filter(|it| **it >= 0x80).map(|_| 0);
        let inside: Vec<u8> = sign.into_iter().chain(number.iter().copied()).collect();
        der(INTEGER, &inside)
    };
    let key = der(SEQUENCE, &[integer(modulus), integer(exponent)].concat());
    let whole_bytes = [vec![0], key].concat();
    der(SEQUENCE, &[der(SEQUENCE, RSA), der(BIT_STRING, &whole_bytes)].concat())
}

fn der(tag: u8, inside: &[u8]) -> Vec<u8> {
    let length = inside.len();
    let mut all = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => all.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let bytes: Vec<u8> = bytes.into_iter().skip_while(|it| *it == 0).collect();
            all.push(0x80 | u8::try_from(bytes.len()).unwrap_or_default());
            all.extend(bytes);
        }
    }
    all.extend(inside);
    all
}
