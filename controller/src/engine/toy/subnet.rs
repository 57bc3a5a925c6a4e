//! A part of a network: two of one range cannot be there together.

use std::time::Duration;

use serde_json::json;

use crate::{
    config,
    engine::{
        CallError, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement, Resolved,
        Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    vpc::VpcId,
    world::{Making, Toy, View, find, kind},
};

id!(SubnetId);

/// A part of a network.
pub(super) struct Subnet;

#[derive(Clone, Debug)]
pub(super) struct SubnetConfig<S: Stage = Resolved> {
    pub(super) vpc: S::In<VpcId>,
    pub(super) cidr: String,
    pub(super) public_ip: bool,
    pub(super) label: String,
}

config! { SubnetConfig { vpc: Replace, cidr: Replace, public_ip: InPlace, label: InPlace } }

#[derive(Clone, Debug)]
pub(super) struct SubnetOutputs {
    pub(super) id: SubnetId,
}

fn key(want: &SubnetConfig) -> String {
    format!("{} {}", want.vpc, want.cidr)
}

impl Resource for Subnet {
    type Cloud = Toy;
    type Config = SubnetConfig;
    type Outputs = SubnetOutputs;

    const ABOUT: Kind = kind("subnet", "subnet-*", Replacement::CreateFirst, Creation::Key);

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindSubnets", scope, read).await
    }

    async fn create(
        toy: &Toy,
        me: &Identity,
        want: &SubnetConfig,
    ) -> Result<PhysicalId, CallError> {
        toy.create(Making {
            operation: "toy:CreateSubnet",
            kind: "subnet",
            me,
            key: Some(key(want)),
            token: false,
            fields: json!({"vpc": want.vpc, "cidr": want.cidr, "label": want.label}),
            needs: vec![want.vpc.to_string()],
            takes: Duration::from_secs(1),
        })
        .await
    }

    async fn holder(
        toy: &Toy,
        _: &Identity,
        want: &SubnetConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        Ok(toy.holder("toy:FindSubnets", "subnet", &key(want)).await?.map(read))
    }

    fn collides(want: &SubnetConfig, have: &Found<Self>) -> bool {
        key(want) == key(&have.config)
    }

    async fn update(
        toy: &Toy,
        have: &Found<Self>,
        want: &SubnetConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(SubnetConfig.public_ip)) {
            toy.change("toy:SetSubnet", &have.id.0, Duration::ZERO, |fields| {
                fields.insert("public_ip".into(), json!(want.public_ip));
                Ok(())
            })
            .await?;
        }
        if delta.take(field!(SubnetConfig.label)) {
            toy.change("toy:LabelSubnet", &have.id.0, Duration::ZERO, |fields| {
                fields.insert("label".into(), json!(want.label));
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteSubnet", &have.id.0, Duration::ZERO).await
    }

    async fn blockers(toy: &Toy, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        toy.blockers(&have.id.0).await
    }
}

fn read(from: View) -> Found<Subnet> {
    Found {
        id: from.physical(),
        config: SubnetConfig {
            vpc: VpcId::new(from.text("vpc")),
            cidr: from.text("cidr"),
            public_ip: from.flag("public_ip"),
            label: from.text("label"),
        },
        outputs: SubnetOutputs { id: SubnetId(from.physical()) },
        owner: from.owner,
        phase: from.phase,
    }
}
