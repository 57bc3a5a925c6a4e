//! EC2: the network, and what instances in it are like. One file per kind of object.

mod blockers;
mod dhcp_options;
mod eip;
mod existing;
mod flow_log;
mod internet_gateway;
mod key_pair;
mod launch_data;
mod launch_template;
mod nat_gateway;
mod offered;
mod refused;
mod role;
mod route_table;
mod rule;
mod running;
mod scope;
mod security_group;
mod security_group_rules;
mod subnet;
mod user_data;
mod vpc;
mod vpc_endpoint;
mod ways;

pub use self::{
    dhcp_options::{DhcpOptions, DhcpOptionsConfig, DhcpOptionsOutputs},
    eip::{Eip, EipConfig, EipId, EipOutputs},
    existing::{AskedNetwork, AskedSubnets, AskedTags, AskedVpc, ExistingNetwork, Unfound},
    flow_log::{FlowLog, FlowLogConfig, FlowLogOutputs, LogDestination},
    internet_gateway::{
        AttachedVpc, InternetGateway, InternetGatewayConfig, InternetGatewayId,
        InternetGatewayOutputs,
    },
    key_pair::{KeyPair, KeyPairConfig, KeyPairId, KeyPairOutputs, PublicKey},
    launch_data::{LaunchTags, Metadata, Volume},
    launch_template::{
        ImageId, KeyName, LaunchTemplate, LaunchTemplateConfig, LaunchTemplateId,
        LaunchTemplateOutputs, TemplateVersion,
    },
    nat_gateway::{NatGateway, NatGatewayConfig, NatGatewayId, NatGatewayOutputs},
    offered::offered,
    role::{BOOT_TAG, HEARTBEAT_TAG, ROLE_TAG, Role, Word},
    route_table::{RouteTable, RouteTableConfig, RouteTableId, RouteTableOutputs, Target},
    rule::{Direction, Peer, Rule},
    running::on_demand,
    security_group::{SecurityGroup, SecurityGroupConfig, SecurityGroupId, SecurityGroupOutputs},
    security_group_rules::{
        SecurityGroupRules, SecurityGroupRulesConfig, SecurityGroupRulesOutputs,
    },
    subnet::{Subnet, SubnetConfig, SubnetId, SubnetOutputs},
    user_data::UserData,
    vpc::{DefaultRules, Vpc, VpcConfig, VpcId, VpcOutputs},
    vpc_endpoint::{Leads, VpcEndpoint, VpcEndpointConfig, VpcEndpointId, VpcEndpointOutputs},
    ways::{Nat, Way, dns, free_addresses, ways},
};
pub(super) use self::{
    key_pair::usable_key_pair,
    offered::OFFERINGS,
    running::{GROUP, LIST as LIST_INSTANCES, detached, running, tag},
};
