//! The simulator's behaviour, over `Simulator::call` with real HTTP requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acm;
mod address;
mod auto_scaling;
mod backup;
mod client;
mod cloudwatch;
mod consistency;
mod describing;
mod devops_guru;
mod dhcp_options;
mod documents;
mod elb;
mod faults;
mod flow_log;
mod iam;
mod instance;
mod internet_gateway;
mod key_pair;
mod kms;
mod launch_template;
mod lifecycle;
mod logs;
mod nat_gateway;
mod network_interface;
mod permission;
mod played;
mod quotas;
mod rds;
mod route53;
mod route_table;
mod secrets;
mod security_group;
mod security_group_rule;
mod server;
mod ssm;
mod subnet;
mod tagging;
mod tags;
mod unrest;
mod vpc;
mod vpc_endpoint;
mod wire;
mod world;
