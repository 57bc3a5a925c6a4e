//! A backup selection: what a plan copies, and in which role. It is made and deleted, never changed; it has no
//! tags, and is ours by its plan and its name.

use std::time::Duration;

use aws_sdk_backup::types;

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Delta, Found, Identity, Kind, Owner, Phase, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage,
    },
};

use super::{
    super::{
        answers::{another, required, text},
        clients::Aws,
        iam::RoleArn,
        identity::ordinal,
        tagging::{self, Listed},
        tags::owner_of,
    },
    BackupPlan, BackupPlanArn, TAGS, plan, tags,
};

/// A backup selection.
pub struct BackupSelection;

/// The settable part of a [`BackupSelection`].
#[derive(Clone, Debug)]
pub struct BackupSelectionConfig<S: Stage = Resolved> {
    /// The plan it is of.
    pub plan: S::In<BackupPlanArn>,
    /// The role in which copies are made.
    pub role: S::In<RoleArn>,
    /// What is copied, by ARN.
    pub resources: Vec<S::In<String>>,
    /// What else is said in it, and what we never declare: tags and conditions.
    pub other: String,
}

config! { BackupSelectionConfig {
    plan: Replace,
    role: Replace,
    resources: Replace,
    other: Replace,
} }

/// What a [`BackupSelection`] has once it exists.
#[derive(Clone, Debug)]
pub struct BackupSelectionOutputs {
    /// Its id.
    pub id: String,
}

const GET: &str = "backup:GetBackupSelection";

/// How the names of ours begin: a plan of ours may have been given others.
const OURS: &str = "clctl-";

impl Resource for BackupSelection {
    type Cloud = Aws;
    type Config = BackupSelectionConfig;
    type Outputs = BackupSelectionOutputs;

    const ABOUT: Kind = Kind {
        name: "backup-selection",
        // As CloudFormation writes them: the plan's, and its own.
        ids: "*|*",
        summary: "What the backup plan copies: the database",
        cloudformation: "AWS::Backup::BackupSelection",
        replacement: Replacement::CreateFirst,
        creation: Creation::Token,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "no copies are made meanwhile",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, GET, plan::SELECTIONS, TAGS],
            write: &["backup:CreateBackupSelection", "backup:DeleteBackupSelection"],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let mut found = Vec::new();
        match scope {
            Scope::Owned => {
                let listed = tagging::owned(aws, plan::TYPE).await?;
                for arn in listed.arns() {
                    let of = plan::id_of(arn);
                    let all = match plan::selections(aws, of).await {
                        Ok(all) => all,
                        Err(error) if error.class == Class::NotFound => continue,
                        Err(error) => return Err(error),
                    };
                    for selection in all {
                        let id = text(plan::SELECTIONS, "SelectionId", selection.selection_id())?;
                        found.extend(look(aws, of, id, &listed).await?);
                    }
                }
                found.retain(|found| found.owner != Owner::Other);
            }
            Scope::Ids(ids) => {
                for id in *ids {
                    if let Some((of, id)) = id.0.split_once('|') {
                        found.extend(look(aws, of, id, &Listed::default()).await?);
                    }
                }
            }
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &BackupSelectionConfig,
    ) -> Result<PhysicalId, CallError> {
        let operation = "backup:CreateBackupSelection";
        let of = plan::id_of(want.plan.as_str());
        let selection = types::BackupSelection::builder()
            .selection_name(selection_name(&me.address.name, me.ordinal))
            .iam_role_arn(want.role.as_str())
            .set_resources(Some(want.resources.clone()))
            .build()
            .map_err(|error| {
                CallError::new(operation, Class::Rejected, "InvalidRequest", error.to_string())
            })?;
        let token = aws.environment.token(me);
        let call = || {
            let call = aws.backup.create_backup_selection().backup_plan_id(of);
            call.backup_selection(selection.clone()).creator_request_id(&token).send()
        };
        let made = aws.write(operation, call).await?;
        let id = text(operation, "SelectionId", made.selection_id)?;
        Ok(PhysicalId(format!("{of}|{id}")))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        want: &BackupSelectionConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let of = plan::id_of(want.plan.as_str());
        let name = selection_name(&me.address.name, me.ordinal);
        let all = plan::selections(aws, of).await?;
        let named = all.iter().find(|it| it.selection_name() == Some(name.as_str()));
        let Some(named) = named else { return Ok(None) };
        let id = text(plan::SELECTIONS, "SelectionId", named.selection_id())?;
        look(aws, of, id, &Listed::default()).await
    }

    async fn update(
        _: &Aws,
        _: &Found<Self>,
        _: &BackupSelectionConfig,
        _: &mut Delta,
    ) -> Result<(), CallError> {
        Ok(())
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let (of, id) = (plan::id_of(have.config.plan.as_str()), have.outputs.id.as_str());
        let call = || {
            let call = aws.backup.delete_backup_selection().backup_plan_id(of);
            call.selection_id(id).send()
        };
        aws.write("backup:DeleteBackupSelection", call).await.map(drop)
    }
}

/// What a selection is called.
fn selection_name(name: &str, ordinal: u32) -> String {
    let base = format!("{OURS}{name}");
    if ordinal > 1 { format!("{base}-{ordinal}") } else { base }
}

/// Whose a selection of this name is, in a plan of ours.
fn owner(name: &str) -> Owner {
    let Some(rest) = name.strip_prefix(OURS) else { return Owner::Other };
    let numbered = rest.rsplit_once('-').and_then(|(name, end)| Some((name, ordinal(end)?)));
    let (name, ordinal) = numbered.filter(|(_, it)| *it > 1).unwrap_or((rest, 1));
    Owner::Us { name: name.to_owned(), ordinal, alias: None }
}

/// Looks at one selection. What is not there is `None`.
async fn look(
    aws: &Aws,
    of: &str,
    id: &str,
    listed: &Listed,
) -> Result<Option<Found<BackupSelection>>, CallError> {
    let call = || aws.backup.get_backup_selection().backup_plan_id(of).selection_id(id).send();
    let answer = match aws.read(GET, call).await {
        Ok(answer) => answer,
        Err(error) if error.class == Class::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let told = text(GET, "SelectionId", answer.selection_id())?;
    if told != id {
        return Err(another(GET, told, id));
    }
    let selection = required(GET, "BackupSelection", answer.backup_selection())?;
    let plan = aws.environment.arn("backup", &format!("{}:{of}", BackupPlan::ABOUT.name));
    let Some(tags) = listed.tags(&plan, tags(aws, &plan)).await? else { return Ok(None) };
    let owner = match owner_of(aws, BackupPlan::ABOUT.name, &tags) {
        Owner::Us { .. } => owner(selection.selection_name()),
        Owner::Other => Owner::Other,
    };
    let mut resources = selection.resources().to_vec();
    resources.sort();
    Ok(Some(Found {
        id: PhysicalId(format!("{of}|{id}")),
        owner,
        config: BackupSelectionConfig {
            plan: BackupPlanArn::new(plan),
            role: RoleArn::new(selection.iam_role_arn()),
            resources,
            other: other(selection),
        },
        outputs: BackupSelectionOutputs { id: id.to_owned() },
        phase: Phase::Ready,
    }))
}

/// What a selection says beside what we declare.
fn other(selection: &types::BackupSelection) -> String {
    let tags = selection.list_of_tags().iter().map(|it| {
        format!("everything with the tag {}={}", it.condition_key(), it.condition_value())
    });
    let not = selection.not_resources().iter().map(|it| format!("not {it}"));
    let mut all: Vec<String> = tags.chain(not).collect();
    let conditions = selection.conditions().map_or(0, |it| {
        it.string_equals().len()
            + it.string_not_equals().len()
            + it.string_like().len()
            + it.string_not_like().len()
    });
    all.extend((conditions > 0).then(|| format!("on {conditions} conditions")));
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_selection_it_is() {
        for (node, ordinal) in [("database", 1), ("database", 2), ("a-b", 1), ("a-b", 12)] {
            let name = selection_name(node, ordinal);
            assert_eq!(owner(&name), Owner::Us { name: node.into(), ordinal, alias: None });
        }
        assert_eq!(owner("weekly"), Owner::Other);
    }
}
