//! EC2's networking: one file per kind of object.

mod blockers;
mod eip;
mod flow_log;
mod internet_gateway;
mod key_pair;
mod nat_gateway;
mod refused;
mod route_table;
mod rule;
mod scope;
mod security_group;
mod security_group_rules;
mod subnet;
mod vpc;
mod vpc_endpoint;

pub use self::{
    eip::{Eip, EipConfig, EipId, EipOutputs},
    flow_log::{FlowLog, FlowLogConfig, FlowLogOutputs, LogDestination},
    internet_gateway::{
        AttachedVpc, InternetGateway, InternetGatewayConfig, InternetGatewayId,
        InternetGatewayOutputs,
    },
    key_pair::{KeyPair, KeyPairConfig, KeyPairId, KeyPairOutputs, PublicKey},
    nat_gateway::{NatGateway, NatGatewayConfig, NatGatewayId, NatGatewayOutputs},
    route_table::{RouteTable, RouteTableConfig, RouteTableId, RouteTableOutputs, Target},
    rule::{Direction, Peer, Rule},
    security_group::{SecurityGroup, SecurityGroupConfig, SecurityGroupId, SecurityGroupOutputs},
    security_group_rules::{
        SecurityGroupRules, SecurityGroupRulesConfig, SecurityGroupRulesOutputs,
    },
    subnet::{Subnet, SubnetConfig, SubnetId, SubnetOutputs},
    vpc::{DefaultRules, Vpc, VpcConfig, VpcId, VpcOutputs},
    vpc_endpoint::{Leads, VpcEndpoint, VpcEndpointConfig, VpcEndpointId, VpcEndpointOutputs},
};
