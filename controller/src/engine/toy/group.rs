//! A group of things that are let in and out together; its name tells a new one from an old one.

use std::time::Duration;

use serde_json::json;

use crate::{
    config,
    engine::{
        CallError, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement, Resolved,
        Resource, Scope, Stage,
    },
    id,
};

use super::{
    vpc::VpcId,
    world::{Making, Toy, View, find, kind},
};

id!(GroupId);

/// A group.
pub(super) struct Group;

#[derive(Clone, Debug)]
pub(super) struct GroupConfig<S: Stage = Resolved> {
    pub(super) vpc: S::In<VpcId>,
    pub(super) description: String,
}

config! { GroupConfig { vpc: Replace, description: Replace } }

#[derive(Clone, Debug)]
pub(super) struct GroupOutputs {
    pub(super) id: GroupId,
}

fn key(me: &Identity, want: &GroupConfig) -> String {
    format!("{} {} {}", want.vpc, me.address.name, me.ordinal)
}

impl Resource for Group {
    type Cloud = Toy;
    type Config = GroupConfig;
    type Outputs = GroupOutputs;

    const ABOUT: Kind = kind("group", "group-*", Replacement::CreateFirst, Creation::Key);

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindGroups", scope, read).await
    }

    async fn create(toy: &Toy, me: &Identity, want: &GroupConfig) -> Result<PhysicalId, CallError> {
        toy.create(Making {
            operation: "toy:CreateGroup",
            kind: "group",
            me,
            key: Some(key(me, want)),
            token: false,
            fields: json!({"vpc": want.vpc, "description": want.description}),
            needs: vec![want.vpc.to_string()],
            takes: Duration::ZERO,
        })
        .await
    }

    async fn holder(
        toy: &Toy,
        me: &Identity,
        want: &GroupConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        Ok(toy.holder("toy:FindGroups", "group", &key(me, want)).await?.map(read))
    }

    async fn update(
        _: &Toy,
        _: &Found<Self>,
        _: &GroupConfig,
        _: &mut Delta,
    ) -> Result<(), CallError> {
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteGroup", &have.id.0, Duration::ZERO).await
    }
}

fn read(from: View) -> Found<Group> {
    Found {
        id: from.physical(),
        config: GroupConfig {
            vpc: VpcId::new(from.text("vpc")),
            description: from.text("description"),
        },
        outputs: GroupOutputs { id: GroupId(from.physical()) },
        owner: from.owner,
        phase: from.phase,
    }
}
