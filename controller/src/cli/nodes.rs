//! The nodes of an environment, looked at by themselves: for verbs that are about who is active.

use crate::{
    aws::{
        Aws,
        fleet::{Instances, Member, Members, NODES},
    },
    engine::{CallError, Found, Owner, Resource, Scope},
};

/// The nodes of the environment, if there are any: two calls.
pub(super) async fn nodes(aws: &Aws) -> Result<Option<Members>, CallError> {
    let found = Instances::find(aws, &Scope::Owned).await?;
    let ours = |it: &Found<Instances>| matches!(&it.owner, Owner::Us { name, .. } if name == NODES);
    Ok(found.into_iter().find(ours).map(|it| it.outputs.members))
}

/// Who claims to be active last: the one before may not have seen yet that it is not.
pub(super) fn active(members: &Members) -> Option<&Member> {
    members.active().max_by_key(|member| member.word.since)
}

/// What each of them says.
pub(super) fn told(members: &Members) -> String {
    let all = members.all.iter();
    let all: Vec<String> =
        all.map(|member| format!("{} {}", member.id, member.word.told(members.now))).collect();
    if all.is_empty() { "there are none".to_owned() } else { all.join(", ") }
}
