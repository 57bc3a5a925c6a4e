//! A database: slow, stateful, never replaced.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    config,
    engine::{
        CallError, Creation, Delta, Found, Identity, Kind, PhysicalId, Replacement, Resolved,
        Resource, Scope, Stage,
    },
    field,
};

use super::{
    group::GroupId,
    subnet::SubnetId,
    world::{Making, Toy, View, find, kind},
};

/// A database.
pub(super) struct Db;

#[derive(Clone, Debug)]
pub(super) struct DbConfig<S: Stage = Resolved> {
    pub(super) subnets: Vec<S::In<SubnetId>>,
    pub(super) groups: Vec<S::In<GroupId>>,
    pub(super) engine: String,
    pub(super) size: u32,
    /// Nothing sets it: a defect on purpose.
    pub(super) forgotten: bool,
    pub(super) protected: bool,
}

config! {
    DbConfig {
        subnets: Refuse,
        groups: InPlace,
        engine: Replace,
        size: Interrupts,
        forgotten: InPlace,
        protected: InPlace,
    }
}

impl Resource for Db {
    type Cloud = Toy;
    type Config = DbConfig;
    type Outputs = ();

    const ABOUT: Kind = Kind {
        typical: Duration::from_mins(10),
        typical_removal: Duration::from_mins(2),
        ..kind("db", "db-*", Replacement::Never, Creation::Key)
    };

    async fn find(toy: &Toy, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        find(toy, "toy:FindDbs", scope, read).await
    }

    async fn create(toy: &Toy, me: &Identity, want: &DbConfig) -> Result<PhysicalId, CallError> {
        let needs = want
            .subnets
            .iter()
            .map(ToString::to_string)
            .chain(want.groups.iter().map(ToString::to_string))
            .collect();
        toy.create(Making {
            operation: "toy:CreateDb",
            kind: "db",
            me,
            key: Some(me.address.name.clone()),
            token: false,
            fields: json!({
                "subnets": want.subnets,
                "groups": want.groups,
                "engine": want.engine,
                "size": want.size,
                "protected": want.protected,
            }),
            needs,
            takes: Duration::from_mins(10),
        })
        .await
    }

    async fn holder(
        toy: &Toy,
        me: &Identity,
        _: &DbConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        Ok(toy.holder("toy:FindDbs", "db", &me.address.name).await?.map(read))
    }

    async fn update(
        toy: &Toy,
        have: &Found<Self>,
        want: &DbConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let (groups, size) =
            (delta.take(field!(DbConfig.groups)), delta.take(field!(DbConfig.size)));
        let protected = delta.take(field!(DbConfig.protected));
        if groups || size || protected {
            toy.change("toy:SetDb", &have.id.0, Duration::from_mins(1), |fields| {
                fields.insert("groups".into(), json!(want.groups));
                fields.insert("size".into(), json!(want.size));
                fields.insert("protected".into(), json!(want.protected));
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    fn protection(have: &Found<Self>) -> Option<String> {
        have.config.protected.then(|| "it is protected".to_owned())
    }

    async fn delete(toy: &Toy, have: &Found<Self>) -> Result<(), CallError> {
        toy.delete("toy:DeleteDb", &have.id.0, Duration::from_mins(2)).await
    }
}

fn read(from: View) -> Found<Db> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Found {
        id: from.physical(),
        config: DbConfig {
            subnets: from.list("subnets").iter().map(|id| SubnetId::new(text(id))).collect(),
            groups: from.list("groups").iter().map(|id| GroupId::new(text(id))).collect(),
            engine: from.text("engine"),
            size: u32::try_from(from.fields["size"].as_u64().unwrap()).unwrap(),
            forgotten: from.flag("forgotten"),
            protected: from.flag("protected"),
        },
        outputs: (),
        owner: from.owner,
        phase: from.phase,
    }
}
