//! EC2's networking: one file per kind of object.

mod blockers;
mod eip;
mod internet_gateway;
mod nat_gateway;
mod route_table;
mod rule;
mod scope;
mod security_group;
mod security_group_rules;
mod subnet;
mod vpc;

pub use self::{
    eip::{Eip, EipConfig, EipId, EipOutputs},
    internet_gateway::{
        AttachedVpc, InternetGateway, InternetGatewayConfig, InternetGatewayId,
        InternetGatewayOutputs,
    },
    nat_gateway::{NatGateway, NatGatewayConfig, NatGatewayId, NatGatewayOutputs},
    route_table::{RouteTable, RouteTableConfig, RouteTableId, RouteTableOutputs, Target},
    rule::{Direction, Peer, Rule},
    security_group::{SecurityGroup, SecurityGroupConfig, SecurityGroupId, SecurityGroupOutputs},
    security_group_rules::{
        SecurityGroupRules, SecurityGroupRulesConfig, SecurityGroupRulesOutputs,
    },
    subnet::{Subnet, SubnetConfig, SubnetId, SubnetOutputs},
    vpc::{Vpc, VpcConfig, VpcId, VpcOutputs},
};
