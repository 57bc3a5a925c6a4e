//! What somebody else might do to certificates.

use serde_json::json;

use super::Acm;
use crate::{services::Service as _, world::Drift};

/// Changes that somebody might make to what carries the tag `mark`.
pub(super) fn all(acm: &Acm, mark: &str) -> Vec<Drift> {
    let owned = acm.certificates.all().filter(|it| it.tags.contains_key(mark));
    owned
        .flat_map(|it| {
            let arn = &it.id;
            let tags = it.tags.iter().filter(|it| !it.0.starts_with("clctl.dev/"));
            let gone = tags.map(move |(key, _)| {
                Drift::json(
                    Acm::NAME,
                    format!("the tag {key} of {arn} is gone"),
                    "RemoveTagsFromCertificate",
                    json!({ "CertificateArn": arn, "Tags": [{ "Key": key }] }),
                )
            });
            let deleted = Drift::json(
                Acm::NAME,
                format!("{arn} is deleted"),
                "DeleteCertificate",
                json!({ "CertificateArn": arn }),
            );
            gone.chain([deleted]).collect::<Vec<_>>()
        })
        .collect()
}
