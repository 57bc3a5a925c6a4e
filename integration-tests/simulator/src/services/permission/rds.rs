//! What permissions a request of RDS needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html>: on
//! everything that it names, what it makes included; tags at creation need `rds:AddTagsToResource`,
//! too (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html>).

use super::{Need, Subject};
use crate::{
    World,
    auth::Scope,
    fault::Fault,
    services::{Asked, Rds, form},
    shelf::Tags,
    wire::query::{Params, Reader},
};

/// What is called by which parameter.
const NAMES: &[(&str, &str)] = &[
    ("DBClusterIdentifier", "cluster"),
    ("DBClusterParameterGroupName", "cluster-pg"),
    ("DBClusterSnapshotIdentifier", "cluster-snapshot"),
    ("DBInstanceIdentifier", "db"),
    ("DBParameterGroupName", "pg"),
    ("DBSnapshotIdentifier", "snapshot"),
    ("DBSubnetGroupName", "subgrp"),
    ("NewDBInstanceIdentifier", "db"),
    ("SourceDBInstanceIdentifier", "db"),
    ("SubscriptionName", "es"),
    ("SourceDBClusterIdentifier", "cluster"),
    ("TargetDBInstanceIdentifier", "db"),
];

/// What is made by which operation, by the parameter that names it; it is what gets the tags.
const MAKES: &[(&str, &str, &str)] = &[
    ("CreateDBCluster", "DBClusterIdentifier", "cluster"),
    ("CreateDBClusterParameterGroup", "DBClusterParameterGroupName", "cluster-pg"),
    ("CreateDBClusterSnapshot", "DBClusterSnapshotIdentifier", "cluster-snapshot"),
    ("CreateDBInstance", "DBInstanceIdentifier", "db"),
    ("CreateDBParameterGroup", "DBParameterGroupName", "pg"),
    ("CreateDBSnapshot", "DBSnapshotIdentifier", "snapshot"),
    ("CreateDBSubnetGroup", "DBSubnetGroupName", "subgrp"),
    ("CreateEventSubscription", "SubscriptionName", "es"),
    ("RestoreDBClusterFromSnapshot", "DBClusterIdentifier", "cluster"),
    ("RestoreDBClusterToPointInTime", "DBClusterIdentifier", "cluster"),
    ("RestoreDBInstanceFromDBSnapshot", "DBInstanceIdentifier", "db"),
    ("RestoreDBInstanceToPointInTime", "TargetDBInstanceIdentifier", "db"),
];

pub(super) fn needs(world: &World, asked: &Asked, scope: &Scope) -> Result<Vec<Need>, Fault> {
    let operation = asked.operation.as_str();
    let action = format!("rds:{operation}");
    if operation.is_empty() {
        // RDS itself says that the action is missing.
        return Ok(Vec::new());
    }
    if !form::has::<Rds>(operation) {
        return super::unknown(&action);
    }
    let params = Params::parse(&asked.form);
    let request = Request { world, scope, reader: params.reader() };
    let tags = request.tags();
    let mut needs: Vec<_> = NAMES
        .iter()
        .filter_map(|(name, kind)| Some((request.text(name)?, kind)))
        .map(|(name, kind)| Need::on(&action, request.subject(&format!("{kind}:{name}"))))
        .collect();
    if let Some(arn) = request.text("ResourceName").or(request.text("ResourceArn")) {
        let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let subject = request.subject(path);
        needs.push(Need::on(&action, Subject { arn, ..subject }));
    }
    if needs.is_empty() {
        needs.push(Need::new(&action, "*"));
    }
    let made = MAKES.iter().find(|it| it.0 == operation && !tags.is_empty());
    if let Some((_, name, kind)) = made {
        let name = request.text(name).unwrap_or_default();
        let subject = request.subject(&format!("{kind}:{name}"));
        needs.push(Need::new("rds:AddTagsToResource", subject.arn));
    }
    let gone = request.reader.list("TagKeys.member");
    let mut needs: Vec<_> =
        needs.into_iter().map(|it| it.tagging(&tags).untagging(&gone)).collect();
    // <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html>
    if let Some(arn) = request.text("MonitoringRoleArn") {
        let tags = world.iam.role_of(&world.settings, &arn).map(|it| it.tags.clone());
        let need = Need::on("iam:PassRole", Subject::new(arn, tags.unwrap_or_default()));
        needs.push(need.with("iam:PassedToService", "monitoring.rds.amazonaws.com"));
    }
    Ok(needs)
}

struct Request<'a> {
    world: &'a World,
    scope: &'a Scope,
    reader: Reader<'a>,
}

impl Request<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.reader.text(name).filter(|it| !it.is_empty())
    }

    /// Something of RDS, by the end of its ARN, with its tags if it is there.
    fn subject(&self, path: &str) -> Subject {
        let path = path.to_ascii_lowercase();
        let rds = self.world.regions.get(&self.scope.region).map(|it| &it.rds);
        let tags = rds.and_then(|it| it.tags_of(&path)).unwrap_or_default();
        let (region, account) = (&self.scope.region, &self.world.settings.account);
        Subject::new(format!("arn:aws:rds:{region}:{account}:{path}"), tags)
    }

    fn tags(&self) -> Tags {
        let part = |tag: &Reader<'_>, name: &str| tag.text(name).unwrap_or_default();
        let all = self.reader.structs("Tags.Tag");
        all.iter().map(|it| (part(it, "Key"), part(it, "Value"))).collect()
    }
}
