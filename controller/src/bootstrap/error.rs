//! Why nothing is rendered.

/// Why nothing is rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Two writers of one setting.
    #[error("{at} sets {key}, which is set already: remove it")]
    Conflict {
        /// Where the second stands.
        at: String,
        /// The setting.
        key: String,
    },
    /// Text that is no TOML.
    #[error("{at} is not TOML")]
    NotToml {
        /// Where it stands.
        at: String,
    },
    /// Other nodes would be told no address.
    #[error(
        "nodes.peerToPeer is enabled, and there is no address to announce: write announceAddresses"
    )]
    NothingAnnounced,
    /// No document says where certificates of RDS are.
    #[error("where the certificates of RDS are is not known for the partition {0}")]
    NoCertificates(String),
    /// Fewer addresses than bastions, or more.
    #[error("{count} bastions have {addresses} addresses")]
    Addresses {
        /// How many bastions there are.
        count: u32,
        /// How many addresses they are given.
        addresses: usize,
    },
    /// EC2 takes no more.
    #[error(
        "what the instances are to be told has {bytes} bytes, compressed, and EC2 takes {most}: the largest part is {file} with {file_bytes}"
    )]
    TooLarge {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
        /// The largest file in it.
        file: String,
        /// How long that is.
        file_bytes: usize,
    },
}
