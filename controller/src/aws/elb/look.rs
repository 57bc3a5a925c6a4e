//! How objects are looked at: in lists by ARN, with their tags, and with their attributes if they have any.

use std::{collections::BTreeMap, future::Future};

use aws_sdk_elasticloadbalancingv2::types::Tag;

use crate::engine::{CallError, Class, Found, Owner, PhysicalId, Resource, Scope};

use super::{
    super::{
        answers::{another, not_understood, once, required, text},
        clients::Aws,
        tagging::{self, Listed, Pairs},
    },
    LISTS_TAGS,
    attributes::Attributes,
};

/// How many objects a call may name.
const AT_ONCE: usize = 20;

/// A kind whose objects AWS shows in lists by ARN.
pub(super) trait Shown: Resource<Cloud = Aws> {
    /// An object as AWS shows it.
    type Item: Send + Sync;

    /// What the tagging API calls them.
    const TYPE: &'static str;
    /// What lists them.
    const LIST: &'static str;
    /// The element that has the ARN of one.
    const ARN: &'static str;

    /// Lists these.
    fn list(
        aws: &Aws,
        arns: &[String],
    ) -> impl Future<Output = Result<Vec<Self::Item>, CallError>> + Send;

    /// The ARN of one.
    fn arn(from: &Self::Item) -> Option<&str>;

    /// The attributes of one.
    fn attributes(
        aws: &Aws,
        arn: &str,
    ) -> impl Future<Output = Result<Attributes, CallError>> + Send {
        let _ = (aws, arn);
        async { Ok(Attributes::none(Self::LIST)) }
    }

    /// Reads one.
    fn read(
        aws: &Aws,
        from: &Self::Item,
        arn: &str,
        told: &Attributes,
        tags: &[(String, String)],
    ) -> Result<Found<Self>, CallError>;
}

/// Finds objects.
pub(super) async fn find<K: Shown>(
    aws: &Aws,
    scope: &Scope<'_>,
) -> Result<Vec<Found<K>>, CallError> {
    let listed = tagging::asked(aws, scope, K::TYPE).await?;
    let mut arns: Vec<String> = listed.arns().map(ToOwned::to_owned).collect();
    if let Scope::Owned = scope {
        // Load balancers of another type have the same beginning.
        arns.retain(|arn| K::ABOUT.is_id(&PhysicalId(arn.clone())));
    }
    let mut found = Vec::new();
    for some in arns.chunks(AT_ONCE) {
        found.extend(together::<K>(aws, some, &listed).await?);
    }
    if let Scope::Owned = scope {
        found.retain(|found| found.owner != Owner::Other);
    }
    once(K::LIST, found)
}

/// Looks at the one of this ARN, if there is any.
pub(super) async fn one<K: Shown>(
    aws: &Aws,
    arn: Option<&str>,
) -> Result<Option<Found<K>>, CallError> {
    let Some(arn) = arn else { return Ok(None) };
    let found = look::<K>(aws, &[arn.to_owned()], &Listed::default()).await?;
    Ok(found.into_iter().next())
}

/// Looks at these, together while all of them are there: where one is not, AWS tells of none.
async fn together<K: Shown>(
    aws: &Aws,
    arns: &[String],
    listed: &Listed,
) -> Result<Vec<Found<K>>, CallError> {
    let is_gone = |answer: &Result<Vec<Found<K>>, CallError>| {
        answer.as_ref().is_err_and(|error| error.class == Class::NotFound)
    };
    let answer = look::<K>(aws, arns, listed).await;
    if !is_gone(&answer) {
        return answer;
    }
    let mut all = Vec::new();
    // One that was named alone is not there.
    for arn in arns.iter().filter(|_| arns.len() > 1) {
        let answer = look::<K>(aws, std::slice::from_ref(arn), listed).await;
        if !is_gone(&answer) {
            all.extend(answer?);
        }
    }
    Ok(all)
}

/// Looks at these, all of them.
async fn look<K: Shown>(
    aws: &Aws,
    arns: &[String],
    listed: &Listed,
) -> Result<Vec<Found<K>>, CallError> {
    let items = K::list(aws, arns).await?;
    told_of_all(K::LIST, items.len(), arns.len())?;
    let unlisted = arns.iter().filter(|arn| listed.told(arn).is_none()).cloned().collect();
    let asked = tags_of(aws, unlisted).await?;
    let mut found = Vec::new();
    for item in &items {
        let arn = arn_among(K::LIST, K::ARN, K::arn(item), arns)?;
        let told = K::attributes(aws, arn).await?;
        let tags = listed.told(arn).or_else(|| asked.get(arn));
        found.push(K::read(aws, item, arn, &told, tags.map(Vec::as_slice).unwrap_or_default())?);
    }
    Ok(found)
}

/// An ARN that was asked for: an answer about another object would be taken for one about it.
fn arn_among<'a>(
    operation: &'static str,
    element: &str,
    arn: Option<&'a str>,
    asked: &[String],
) -> Result<&'a str, CallError> {
    let arn = text(operation, element, arn)?;
    if asked.iter().any(|it| it == arn) {
        return Ok(arn);
    }
    Err(another(operation, arn, asked.join(", ")))
}

/// That an answer tells of as many objects as were asked for: AWS refuses where one is not there, so that what is
/// left out is not gone.
fn told_of_all(operation: &'static str, told: usize, asked: usize) -> Result<(), CallError> {
    if told == asked {
        return Ok(());
    }
    let why = format!("the answer tells of {told} of the {asked} objects that were asked for");
    Err(not_understood(operation, why))
}

/// The tags of these, at most as many as a call may name, by what they are on.
async fn tags_of(aws: &Aws, arns: Vec<String>) -> Result<BTreeMap<String, Pairs>, CallError> {
    let mut all = BTreeMap::new();
    if arns.is_empty() {
        return Ok(all);
    }
    let call = || aws.elb.describe_tags().set_resource_arns(Some(arns.clone())).send();
    let answer = aws.read(LISTS_TAGS, call).await?;
    for of in required(LISTS_TAGS, "TagDescriptions", answer.tag_descriptions)? {
        let arn = arn_among(LISTS_TAGS, "ResourceArn", of.resource_arn(), &arns)?;
        let tags = required(LISTS_TAGS, "Tags", of.tags.as_ref())?;
        let pair = |tag: &Tag| {
            let key = text(LISTS_TAGS, "Key", tag.key())?;
            Ok((key.to_owned(), tag.value().unwrap_or_default().to_owned()))
        };
        let tags: Result<Pairs, CallError> = tags.iter().map(pair).collect();
        all.insert(arn.to_owned(), tags?);
    }
    told_of_all(LISTS_TAGS, all.len(), arns.len())?;
    Ok(all)
}
