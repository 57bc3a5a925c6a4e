//! What a node runs, as its instance and the database it had say it: the version and the digest of an image,
//! `2.73.0@sha256:…`.

/// Which node an instance runs, as it was launched.
pub(super) const IMAGE_TAG: &str = "clctl.dev/image";

/// The version alone, as users write it.
pub(crate) fn version(image: &str) -> &str {
    image.split_once('@').map_or(image, |(version, _)| version)
}

/// The numbers of a release, of an image that is one.
pub(super) fn release(image: &str) -> Option<Vec<u32>> {
    let (version, _) = image.split_once('@')?;
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// Whether a node is of an older release than another one, as far as they say.
pub(super) fn is_older(image: &str, than: &str) -> bool {
    matches!((release(image), release(than)), (Some(image), Some(than)) if image < than)
}

/// What a newer node may have done that keeps this one from following it, and the ways out. A node migrates the
/// database when it takes it over, and an older one refuses to open it then
/// (<https://docs.chain.link/chainlink-nodes/resources/performing-system-maintenance>).
pub(super) fn may_have_migrated(newer: &str, older: &str) -> String {
    let (newer, older) = (version(newer), version(older));
    format!(
        "may have migrated the database, which {older} refuses to open then: write {newer} or a newer one, or restore a snapshot from before it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_no_release_is_older_than_nothing() {
        for (image, than, older) in [
            ("2.9.1@sha256:0", "2.73.0@sha256:0", true),
            ("2.73.0@sha256:0", "2.9.1@sha256:0", false),
            ("2.73.0@sha256:0", "2.73.0@sha256:1", false),
            ("custom@sha256:0", "2.73.0@sha256:0", false),
            ("2.73.0@sha256:0", "custom@sha256:0", false),
        ] {
            assert_eq!(is_older(image, than), older, "{image} {than}");
        }
    }
}
