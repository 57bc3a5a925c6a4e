//! The chapter `access.bastion`: the way in by SSH, under addresses that stay.

use std::sync::Arc;

use clctl_spec::{Bastion, NodeSpec, Tenancy};

use crate::{
    aws::{
        Aws, Lookups,
        ec2::{Eip, EipConfig, KeyName, SecurityGroup, UserData},
        iam::InstanceProfile,
        kms::KeyArn,
    },
    bootstrap::{self, BastionInputs},
    engine::{After, DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::{
    Label, NotDeclared, logs, network,
    nodes::{Like, Settings, borrowed, disk, group_of, image, template},
};

const BASTION: &str = "bastion";
/// An id as long as those of addresses are.
const SOME_ADDRESS: &str = "eipalloc-0123456789abcdef0";

/// Declares the addresses of the bastions: each instance claims one that is free.
pub(super) fn addresses(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
) -> Result<Vec<Ref<Eip>>, DeclaredTwice> {
    let count = spec.access.bastion.as_ref().map_or(0, |bastion| bastion.count.get());
    let names = (1..=count).map(|number| format!("{BASTION}-{number}"));
    names
        .map(|name| {
            let tags = label.tags(Eip::ABOUT.name, &name);
            graph.add::<Eip>(&name, EipConfig { tags })
        })
        .collect()
}

/// What the bastion stands on.
pub(super) struct Base<'a> {
    pub(super) network: &'a network::Built,
    pub(super) addresses: &'a [Ref<Eip>],
    pub(super) group: &'a Ref<SecurityGroup>,
    pub(super) profile: &'a Ref<InstanceProfile>,
    pub(super) key_name: Input<KeyName>,
    pub(super) key: &'a Input<KeyArn>,
    pub(super) lookups: &'a Lookups,
    /// What has to be there before it starts.
    pub(super) needs: After,
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    bastion: &Bastion,
    base: Base<'_>,
) -> Result<(), NotDeclared> {
    let Base { network, addresses, group, profile, key_name, key, lookups, needs } = base;
    let like = Like {
        name: BASTION,
        description: format!("The bastion of {}", label.environment.name),
        image: image(lookups, bastion.image_id.as_ref()),
        instance_type: bastion.instance_type.to_string(),
        profile,
        key_name,
        user_data: user_data(label, bastion, addresses)?,
        group,
        // To reach AWS, where it claims the address that it is known by.
        public_address: true,
        volume: disk(key),
        tenancy: match bastion.tenancy {
            Tenancy::Default => "default",
            Tenancy::Dedicated => "dedicated",
        },
        runs: None,
    };
    let template = template(graph, label, like)?;
    let settings = Settings {
        count: bastion.count.get().cast_signed(),
        subnets: &network.public_subnets,
        suspended: Vec::new(),
        borrowed: borrowed(spec),
        database: None,
        target_groups: &[],
        runs: None,
        needs,
    };
    group_of(graph, label, BASTION, &template, settings)?;
    Ok(())
}

fn user_data(
    label: &Label<'_>,
    bastion: &Bastion,
    addresses: &[Ref<Eip>],
) -> Result<Input<UserData>, bootstrap::Error> {
    let (bastion, log_group) = (Arc::new(bastion.clone()), label.environment.path(logs::BASTION));
    let render = move |addresses: &[String]| {
        let inputs = BastionInputs { bastion: &bastion, log_group: &log_group, addresses };
        Ok::<_, bootstrap::Error>(bootstrap::bastion(&inputs)?.as_str().to_owned())
    };
    let some: Vec<String> = addresses.iter().map(|_| SOME_ADDRESS.to_owned()).collect();
    let checked = render(&some)?;
    let addresses = addresses.iter();
    let addresses = addresses.map(|eip| eip.output("id", |eip| eip.id.to_string()));
    Ok(Input::made_of(addresses.collect(), move |addresses| {
        // What was rendered with ids as long as these is rendered with these.
        UserData::new(render(&addresses).unwrap_or_else(|_| checked.clone()))
    }))
}
