//! What permissions a request of SSM needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html>,
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html>.

use super::{Need, request::Request, unknown};
use crate::fault::Fault;

/// Operations on parameters that are named.
const ON_PARAMETERS: &[&str] = &[
    "AddTagsToResource",
    "DeleteParameter",
    "DeleteParameters",
    "GetParameter",
    "GetParameters",
    "GetParametersByPath",
    "ListTagsForResource",
    "PutParameter",
    "RemoveTagsFromResource",
];

pub(super) fn needs(request: &Request<'_>) -> Result<Vec<Need>, Fault> {
    let action = request.action();
    let needs = match request.operation() {
        "DescribeParameters" => vec![Need::new(action, request.arn("*"))],
        operation if ON_PARAMETERS.contains(&operation) => {
            let one = ["Name", "Path", "ResourceId"].into_iter().filter_map(|it| request.text(it));
            let named: Vec<_> = one.chain(request.list("Names")).collect();
            let mut needs: Vec<_> =
                named.iter().map(|it| parameter(request, &action, it)).collect();
            // <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>
            if operation == "PutParameter" && !request.tags().is_empty() {
                let tag = named.iter().map(|it| parameter(request, "ssm:AddTagsToResource", it));
                needs.extend(tag.collect::<Vec<_>>());
            }
            needs
        }
        _ => return unknown(&action),
    };
    Ok(request.complete(needs))
}

/// The permission on a parameter, or on all below a path.
fn parameter(request: &Request<'_>, action: &str, named: &str) -> Need {
    let rest = named.split_once(":parameter").map_or(named, |it| it.1);
    // A version or a label behind the name is not part of the resource.
    let name = rest.split_once(':').map_or(rest, |it| it.0);
    let path = name.strip_prefix('/').unwrap_or(name);
    let arn = match named.rsplit_once(":parameter") {
        Some((place, _)) if named.starts_with("arn:") => format!("{place}:parameter/{path}"),
        // Public parameters belong to no account.
        Some(_) | None if path.starts_with("aws/service/") => request.public_arn(path),
        Some(_) | None => request.arn(&format!("parameter/{path}")),
    };
    // In an ARN the name is without the slash that it may begin with.
    let either = if named.starts_with("arn:") { [path, name] } else { [name, name] };
    let subject = request.subject(arn, &either);
    let tags = subject.tags.clone();
    let mut need = Need::on(action, subject);
    for (key, value) in &tags {
        need = need.with(&format!("ssm:resourceTag/{key}"), value);
    }
    for (member, key) in [("Overwrite", "ssm:Overwrite"), ("Recursive", "ssm:Recursive")] {
        if let Some(value) = request.shown(member) {
            need = need.with(key, value);
        }
    }
    need
}
