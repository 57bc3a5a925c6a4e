//! A network: nothing protects its creation from being done twice.

use std::time::Duration;

use serde_json::json;

use crate::{
    config,
    engine::{
        CallError, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement, Resource, Scope,
    },
    field, id,
};

use super::world::{Making, Toy, View, find, kind};

id!(VpcId);

/// A network.
pub(super) struct Vpc;

#[derive(Clone, Debug)]
pub(super) struct VpcConfig {
    pub(super) cidr: String,
    pub(super) dns: bool,
}

config! { VpcConfig, no references { cidr: Replace, dns: InPlace } }

#[derive(Clone, Debug)]
pub(super) struct VpcOutputs {
    pub(super) id: VpcId,
}

impl Resource for Vpc {
    type Cloud = Toy;
    type Config = VpcConfig;
    type Outputs = VpcOutputs;

    const ABOUT: Kind = kind("vpc", "vpc-*", Replacement::DeleteFirst, Creation::Bare);

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindVpcs", scope, read).await
    }

    async fn create(toy: &Toy, me: &Identity, want: &VpcConfig) -> Result<PhysicalId, CallError> {
        toy.create(Making {
            operation: "toy:CreateVpc",
            kind: "vpc",
            me,
            key: None,
            token: false,
            fields: json!({"cidr": want.cidr}),
            needs: Vec::new(),
            takes: Duration::from_secs(2),
        })
        .await
    }

    async fn update(
        toy: &Toy,
        have: &Found<Self>,
        want: &VpcConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(VpcConfig.dns)) {
            toy.change("toy:SetVpc", &have.id.0, Duration::ZERO, |fields| {
                fields.insert("dns".into(), json!(want.dns));
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteVpc", &have.id.0, Duration::ZERO).await
    }

    async fn blockers(toy: &Toy, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        toy.blockers(&have.id.0).await
    }
}

fn read(from: View) -> Found<Vpc> {
    Found {
        id: from.physical(),
        config: VpcConfig { cidr: from.text("cidr"), dns: from.flag("dns") },
        outputs: VpcOutputs { id: VpcId(from.physical()) },
        owner: from.owner,
        phase: from.phase,
    }
}
