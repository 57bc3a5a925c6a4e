//! Which quota of the settings has which code.
//!
//! The codes of VPC and of Elastic IP addresses are those of
//! <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>; those of RDS link from
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html>; those of IAM, KMS
//! and Secrets Manager were seen in accounts. A quota whose code is not
//! known is not here.

use crate::Quotas;

/// Where the quotas are that are the same for all regions:
/// <https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ServiceQuota.html>.
pub(super) const GLOBAL: &str = "us-east-1";

/// A quota: where it belongs, what it is called, and how much it is.
pub(super) struct Quota {
    pub(super) service: &'static str,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) adjustable: bool,
    /// Whether it is one for all regions; then it is shown in one of them only.
    pub(super) global: bool,
    pub(super) value: fn(&Quotas) -> u32,
}

impl Quota {
    pub(super) fn service_name(&self) -> &'static str {
        match self.service {
            "acm" => "AWS Certificate Manager (ACM)",
            "elasticloadbalancing" => "Elastic Load Balancing (ELB)",
            "ec2" => "Amazon Elastic Compute Cloud (Amazon EC2)",
            "iam" => "AWS Identity and Access Management (IAM)",
            "kms" => "AWS Key Management Service (AWS KMS)",
            "rds" => "Amazon Relational Database Service (Amazon RDS)",
            "secretsmanager" => "AWS Secrets Manager",
            _ => "Amazon Virtual Private Cloud (Amazon VPC)",
        }
    }
}

const fn quota(
    service: &'static str,
    code: &'static str,
    name: &'static str,
    value: fn(&Quotas) -> u32,
) -> Quota {
    Quota { service, code, name, adjustable: true, global: false, value }
}

const fn global(
    service: &'static str,
    code: &'static str,
    name: &'static str,
    value: fn(&Quotas) -> u32,
) -> Quota {
    Quota { service, code, name, adjustable: true, global: true, value }
}

const fn fixed(
    service: &'static str,
    code: &'static str,
    name: &'static str,
    value: fn(&Quotas) -> u32,
) -> Quota {
    Quota { service, code, name, adjustable: false, global: false, value }
}

/// Services that AWS has quotas of and this simulator has not.
pub(super) const OTHERS: &[&str] = &[
    "autoscaling",
    "backup",
    "dynamodb",
    "ebs",
    "lambda",
    "logs",
    "monitoring",
    "route53",
    "s3",
    "sns",
    "sqs",
    "ssm",
];

/// Every quota there is.
pub(super) const QUOTAS: &[Quota] = &[
    quota("acm", "L-F141DD1D", "ACM certificates", |it| it.certificates),
    quota("elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", |it| {
        it.application_load_balancers
    }),
    quota("elasticloadbalancing", "L-69A177A2", "Network Load Balancers per Region", |it| {
        it.network_load_balancers
    }),
    quota("elasticloadbalancing", "L-B22855CB", "Target Groups per Region", |it| it.target_groups),
    quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", |it| it.addresses),
    quota(
        "ec2",
        "L-1216C47A",
        "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
        |it| it.instance_vcpus,
    ),
    global("iam", "L-FE177D64", "Roles per account", |it| it.roles),
    global("iam", "L-6E65F664", "Instance profiles per account", |it| it.instance_profiles),
    global("iam", "L-0DA4ABF3", "Managed policies per role", |it| it.policies_per_role),
    global("iam", "L-C07B4B0D", "Role trust policy length", |it| it.trust_policy_size),
    quota("kms", "L-C2F1777E", "Customer Master Keys (CMKs)", |it| it.kms_keys),
    quota("kms", "L-340F62FB", "Aliases per CMK", |it| it.kms_aliases_per_key),
    quota("rds", "L-7B6409FD", "DB instances", |it| it.db_instances),
    quota("rds", "L-7ADDB58A", "Total storage for all DB instances", |it| it.db_storage_gib),
    quota("rds", "L-272F1212", "Manual DB instance snapshots", |it| it.db_snapshots),
    quota("rds", "L-48C6BF61", "DB subnet groups", |it| it.db_subnet_groups),
    quota("rds", "L-6F3ACC36", "Subnets per DB subnet group", |it| it.subnets_per_db_subnet_group),
    quota("rds", "L-DE55804A", "Parameter groups", |it| it.db_parameter_groups),
    quota("rds", "L-E4C808A8", "DB cluster parameter groups", |it| it.db_cluster_parameter_groups),
    quota("rds", "L-952B80B8", "DB clusters", |it| it.db_clusters),
    quota("rds", "L-9B510759", "Manual DB cluster snapshots", |it| it.db_cluster_snapshots),
    fixed("secretsmanager", "L-2F66C23C", "Secrets", |it| it.secrets),
    quota("vpc", "L-F678F1CE", "VPCs per Region", |it| it.vpcs),
    quota("vpc", "L-407747CB", "Subnets per VPC", |it| it.subnets_per_vpc),
    quota("vpc", "L-A4707A72", "Internet gateways per Region", |it| it.internet_gateways),
    quota("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", |it| it.nat_gateways_per_zone),
    quota("vpc", "L-DF5E4CA3", "Network interfaces per Region", |it| it.interfaces),
    quota("vpc", "L-589F43AA", "Route tables per VPC", |it| it.route_tables_per_vpc),
    quota("vpc", "L-93826ACB", "Routes per route table", |it| it.routes_per_table),
    quota("vpc", "L-1B52E74A", "Gateway VPC endpoints per Region", |it| it.gateway_endpoints),
    quota("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", |it| {
        it.interface_endpoints_per_vpc
    }),
    quota("vpc", "L-E79EC296", "VPC security groups per Region", |it| it.security_groups),
    quota("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", |it| {
        it.rules_per_direction
    }),
    quota("vpc", "L-2AFB9258", "Security groups per network interface", |it| {
        it.groups_per_interface
    }),
];
