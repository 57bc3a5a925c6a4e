//! The resource collection: what DevOps Guru looks at. An account has one in a region, of stacks of `CloudFormation` or
//! of values of one tag, to which everybody adds and from which everybody takes away
//! (<https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_UpdateResourceCollection.html>). Ours is one value:
//! the name of the environment, under the key that its objects are tagged with.
//!
//! What others have put there stays. Where it leaves no room for ours, that is said, and nothing is done: whether AWS
//! refuses another key, or lets it take the place of the first, no document says.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_devopsguru::types::{
    ResourceCollectionFilter, ResourceCollectionType, UpdateResourceCollectionAction,
    UpdateResourceCollectionFilter, UpdateTagCollectionFilter,
};

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Delta, Found, Identity, Kind, Owner, Phase, PhysicalId,
        Replacement, Resource, Scope, Told,
    },
};

use super::super::{Environment, clients::Aws};

/// What DevOps Guru looks at, as far as it is ours.
pub struct ResourceCollection;

/// The settable part of a [`ResourceCollection`]. Of one that has no room for ours, nothing is told.
#[derive(Clone, Debug)]
pub struct ResourceCollectionConfig {
    /// The key of the tag that it goes by.
    pub app_boundary_key: Told<String>,
    /// The value of that tag.
    pub tag_value: Told<String>,
}

config! { ResourceCollectionConfig, no references {
    app_boundary_key: Replace,
    tag_value: Replace,
} }

/// What a [`ResourceCollection`] has once it exists.
#[derive(Clone, Debug)]
pub struct ResourceCollectionOutputs {
    /// Why there is no room for ours beside what others have put there, if there is none.
    no_room: Option<String>,
}

const GET: &str = "devops-guru:GetResourceCollection";
const UPDATE: &str = "devops-guru:UpdateResourceCollection";

/// What there is one of.
const MAIN: &str = "main";
/// What stands for every value of a tag, and for every stack.
const EVERY: &str = "*";

impl Resource for ResourceCollection {
    type Cloud = Aws;
    type Config = ResourceCollectionConfig;
    type Outputs = ResourceCollectionOutputs;

    const ABOUT: Kind = Kind {
        name: "devops-guru-collection",
        // As CloudFormation calls the collection, and what of it is ours.
        ids: "AWS_TAGS:*=*",
        summary: "That DevOps Guru looks at the environment",
        cloudformation: "AWS::DevOpsGuru::ResourceCollection",
        replacement: Replacement::DeleteFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "DevOps Guru does not look at the environment",
        stands_on: &[],
        keeping: None,
        calls: Calls { read: &[GET], write: &[UPDATE] },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let found = ours(&aws.environment, &look(aws).await?);
        let is_asked = |found: &Found<Self>| match scope {
            Scope::Owned => true,
            Scope::Ids(ids) => ids.contains(&found.id),
        };
        Ok(found.into_iter().filter(is_asked).collect())
    }

    async fn create(
        aws: &Aws,
        _: &Identity,
        _: &ResourceCollectionConfig,
    ) -> Result<PhysicalId, CallError> {
        // What is added may take the place of what others have put there: it is looked for first.
        let there = ours(&aws.environment, &look(aws).await?);
        if let Some(why) = there.and_then(|there| there.outputs.no_room) {
            return Err(CallError::new(UPDATE, Class::Exists, "NoRoom", why));
        }
        update(aws, UpdateResourceCollectionAction::Add).await?;
        Ok(id(&aws.environment))
    }

    async fn holder(
        aws: &Aws,
        _: &Identity,
        _: &ResourceCollectionConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        Ok(ours(&aws.environment, &look(aws).await?))
    }

    async fn update(
        _: &Aws,
        _: &Found<Self>,
        _: &ResourceCollectionConfig,
        _: &mut Delta,
    ) -> Result<(), CallError> {
        Ok(())
    }

    /// The last value takes the collection with it.
    async fn delete(aws: &Aws, _: &Found<Self>) -> Result<(), CallError> {
        match update(aws, UpdateResourceCollectionAction::Remove).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            answer => answer,
        }
    }

    fn is_vacant(have: &Found<Self>) -> bool {
        have.outputs.no_room.is_some()
    }

    fn notice(have: &Found<Self>) -> Option<String> {
        have.outputs.no_room.clone()
    }
}

/// What a collection is of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Collection {
    Nothing,
    Stacks,
    Tags { key: String, values: BTreeSet<String> },
}

/// What stands for our part of the collection.
fn id(environment: &Environment) -> PhysicalId {
    PhysicalId(format!("AWS_TAGS:{}={}", environment.boundary, environment.name))
}

/// Our part of the collection, or that there is no room for it; nothing if there is room, and it is not there.
fn ours(environment: &Environment, collection: &Collection) -> Option<Found<ResourceCollection>> {
    let Environment { name, boundary, .. } = environment;
    let no_room = match collection {
        Collection::Nothing => return None,
        Collection::Tags { key, values } if key == boundary => {
            if values.contains(name) {
                None
            } else if values.contains(EVERY) {
                Some(format!(
                    "somebody has told DevOps Guru to look at everything that has the tag {key}: at this environment as well, for as long as they want it to"
                ))
            } else {
                return None;
            }
        }
        Collection::Tags { key, values } => {
            let left = if values.contains(name) {
                format!(
                    "; if {name} is among its values because this environment had that key before, take it away with `aws devops-guru update-resource-collection --action REMOVE --resource-collection 'Tags=[{{AppBoundaryKey={key},TagValues=[{name}]}}]'`"
                )
            } else {
                String::new()
            };
            Some(format!(
                "DevOps Guru does not look at this environment: in this account and region it goes by the tag {key}, and by one tag only. Write that into aws.devOpsGuruTagKey, or ask whoever has told it so to let it go{left}"
            ))
        }
        Collection::Stacks => Some(
            "DevOps Guru does not look at this environment: in this account and region it looks at stacks of CloudFormation, as somebody has told it, and cannot look at tags as well. Ask them to let it go, or set monitoring.devOpsGuru.enabled to false"
                .to_owned(),
        ),
    };
    let told = |value: &String| Told(no_room.is_none().then(|| value.clone()));
    Some(Found {
        id: id(environment),
        owner: Owner::Us { name: MAIN.to_owned(), ordinal: 1, alias: None },
        config: ResourceCollectionConfig {
            app_boundary_key: told(boundary),
            tag_value: told(name),
        },
        outputs: ResourceCollectionOutputs { no_room },
        phase: Phase::Ready,
    })
}

/// Looks at the collection of the account. There is none where there is no DevOps Guru.
async fn look(aws: &Aws) -> Result<Collection, CallError> {
    if !clctl_spec::DevOpsGuru::is_in(&aws.environment.region) {
        return Ok(Collection::Nothing);
    }
    let mut tags = pages(aws, &ResourceCollectionType::AwsTags).await?;
    let tags = tags.iter_mut().flat_map(|page| page.tags.take().unwrap_or_default());
    let all = tags.fold(None, |all: Option<(String, BTreeSet<String>)>, page| {
        let (key, mut values) = all.unwrap_or_else(|| (page.app_boundary_key, BTreeSet::new()));
        values.extend(page.tag_values);
        Some((key, values))
    });
    if let Some((key, values)) = all.filter(|(_, values)| !values.is_empty()) {
        return Ok(Collection::Tags { key, values });
    }
    let stacks = pages(aws, &ResourceCollectionType::AwsCloudFormation).await?;
    let has_stacks = |page: &ResourceCollectionFilter| {
        page.cloud_formation().is_some_and(|it| !it.stack_names().is_empty())
    };
    Ok(if stacks.iter().any(has_stacks) { Collection::Stacks } else { Collection::Nothing })
}

/// The pages of a collection of this type; none if there is no such collection.
async fn pages(
    aws: &Aws,
    of: &ResourceCollectionType,
) -> Result<Vec<ResourceCollectionFilter>, CallError> {
    let told = aws
        .pages(
            GET,
            |token| {
                let call = aws.devops_guru.get_resource_collection();
                call.resource_collection_type(of.clone()).set_next_token(token).send()
            },
            |page| (page.resource_collection.map(|it| vec![it]), page.next_token),
        )
        .await;
    match told {
        Err(error) if error.class == Class::NotFound => Ok(Vec::new()),
        answer => answer,
    }
}

/// Adds our value, or takes it away.
async fn update(aws: &Aws, action: UpdateResourceCollectionAction) -> Result<(), CallError> {
    let Environment { name, boundary, .. } = &aws.environment;
    let tags = UpdateTagCollectionFilter::builder().app_boundary_key(boundary).tag_values(name);
    let tags = tags.build().map_err(|error| {
        CallError::new(UPDATE, Class::Rejected, "InvalidRequest", error.to_string())
    })?;
    let ours = UpdateResourceCollectionFilter::builder().tags(tags).build();
    let call = || {
        let call = aws.devops_guru.update_resource_collection().action(action.clone());
        call.resource_collection(ours.clone()).send()
    };
    aws.write(UPDATE, call).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Deletions;

    #[test]
    fn what_others_have_put_there_leaves_room_or_is_told() {
        let environment = Environment {
            name: "demo".into(),
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            ignored_tags: Vec::new(),
            boundary: "devops-guru-clctl".into(),
            deletions: Deletions::default(),
        };
        let tags = |key: &str, values: &[&str]| Collection::Tags {
            key: key.to_owned(),
            values: values.iter().map(|it| (*it).to_owned()).collect(),
        };
        let found = |collection: Collection| ours(&environment, &collection);
        for room in [Collection::Nothing, tags("devops-guru-clctl", &["other"])] {
            assert!(found(room).is_none());
        }
        let there = found(tags("devops-guru-clctl", &["demo", "other"])).unwrap();
        assert!(ResourceCollection::notice(&there).is_none());
        assert!(!ResourceCollection::is_vacant(&there));
        for (taken, says) in [
            (Collection::Stacks, "stacks"),
            (tags("devops-guru-other", &["a"]), "devops-guru-other"),
            (tags("devops-guru-other", &["demo"]), "TagValues=[demo]"),
            // It tells upper from lower case.
            (tags("DevOps-Guru-clctl", &["a"]), "DevOps-Guru-clctl"),
            (tags("devops-guru-clctl", &["*"]), "as well"),
        ] {
            let there = found(taken).unwrap();
            let notice = ResourceCollection::notice(&there).unwrap();
            assert!(notice.contains(says), "{notice}");
            assert!(ResourceCollection::is_vacant(&there));
            assert_eq!(there.config.tag_value, Told(None));
        }
    }
}
