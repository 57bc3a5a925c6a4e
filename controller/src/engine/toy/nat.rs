//! A way out for those without an address: slow, made under a token, and gone slowly.

use std::time::Duration;

use serde_json::json;

use crate::{
    config,
    engine::{
        CallError, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement, Resolved,
        Resource, Scope, Stage,
    },
};

use super::{
    eip::EipId,
    gateway::TargetId,
    subnet::SubnetId,
    world::{Making, Toy, View, find, kind},
};

/// A way out.
pub(super) struct Nat;

#[derive(Clone, Debug)]
pub(super) struct NatConfig<S: Stage = Resolved> {
    pub(super) subnet: S::In<SubnetId>,
    pub(super) eip: S::In<EipId>,
    pub(super) gateway: S::After,
}

config! { NatConfig { subnet: Replace, eip: Replace, gateway: Replace } }

#[derive(Clone, Debug)]
pub(super) struct NatOutputs {
    pub(super) target: TargetId,
}

impl Resource for Nat {
    type Cloud = Toy;
    type Config = NatConfig;
    type Outputs = NatOutputs;

    const ABOUT: Kind = Kind {
        typical: Duration::from_mins(2),
        typical_removal: Duration::from_mins(1),
        stands_on: &["gateway"],
        ..kind("nat", "nat-*", Replacement::DeleteFirst, Creation::Token)
    };

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindNats", scope, read).await
    }

    async fn create(toy: &Toy, me: &Identity, want: &NatConfig) -> Result<PhysicalId, CallError> {
        toy.create(Making {
            operation: "toy:CreateNat",
            kind: "nat",
            me,
            key: None,
            token: true,
            fields: json!({"subnet": want.subnet, "eip": want.eip}),
            needs: vec![want.subnet.to_string(), want.eip.to_string()],
            takes: Duration::from_mins(2),
        })
        .await
    }

    async fn update(
        _: &Toy,
        _: &Found<Self>,
        _: &NatConfig,
        _: &mut Delta,
    ) -> Result<(), CallError> {
        Ok(())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteNat", &have.id.0, Duration::from_mins(1)).await
    }
}

fn read(from: View) -> Found<Nat> {
    Found {
        id: from.physical(),
        config: NatConfig {
            subnet: SubnetId::new(from.text("subnet")),
            eip: EipId::new(from.text("eip")),
            gateway: (),
        },
        outputs: NatOutputs { target: TargetId(from.physical()) },
        owner: from.owner,
        phase: from.phase,
    }
}
