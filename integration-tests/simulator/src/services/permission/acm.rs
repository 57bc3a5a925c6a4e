//! What permissions a request of ACM needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html>

use super::{Need, request::Request, unknown};
use crate::{
    fault::Fault,
    services::{Acm, Service as _},
};

pub(super) fn needs(request: &Request<'_>) -> Result<Vec<Need>, Fault> {
    let action = request.action();
    let operation = request.operation();
    if !Acm::OPERATIONS.iter().any(|it| it.0 == operation) {
        return unknown(&action);
    }
    let needs = match (operation, request.text("CertificateArn")) {
        ("RequestCertificate", _) => {
            let made = request.arn("certificate/*");
            let mut needs = vec![Need::new(action, &made)];
            if !request.tags().is_empty() {
                needs.push(Need::new("acm:AddTagsToCertificate", made));
            }
            needs
        }
        (_, Some(arn)) => vec![Need::on(action, request.subject(arn.to_owned(), &[arn]))],
        (_, None) => Vec::new(),
    };
    Ok(request.complete(needs))
}
