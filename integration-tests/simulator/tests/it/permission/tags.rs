//! Tags as conditions, after <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html>.

use clctl_simulator::Settings;
use serde_json::json;

use super::{allow, both, denied};

const REGION: &str = "arn:aws:ec2:us-east-1:123456789012";

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>
#[tokio::test(start_paused = true)]
async fn tags_at_creation_need_a_permission_of_their_own() {
    let only_ours = json!({
        "StringEquals": { "aws:RequestTag/owner": "us" },
        "ForAllValues:StringEquals": { "aws:TagKeys": ["owner", "Name"] }
    });
    let create = json!({
        "Effect": "Allow", "Action": "ec2:CreateVpc", "Resource": format!("{REGION}:vpc/*"),
        "Condition": only_ours
    });
    let tag = json!({
        "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": format!("{REGION}:*/*"),
        "Condition": { "StringEquals": { "ec2:CreateAction": "CreateVpc" } }
    });
    let (admin, role) = both(Settings::calm(), &json!([create])).await;
    let with = |tags: &[(&'static str, &'static str)]| {
        let mut params = vec![
            ("CidrBlock".to_owned(), "10.0.0.0/16"),
            ("TagSpecification.1.ResourceType".to_owned(), "vpc"),
        ];
        for ((key, value), at) in tags.iter().zip(1..) {
            params.push((format!("TagSpecification.1.Tag.{at}.Key"), key));
            params.push((format!("TagSpecification.1.Tag.{at}.Value"), value));
        }
        params
    };
    let make = async |tags: &[(&'static str, &'static str)]| {
        let params = with(tags);
        let params: Vec<_> = params.iter().map(|it| (it.0.as_str(), it.1)).collect();
        role.ec2("CreateVpc", &params).await
    };
    let vpcs = format!("{REGION}:vpc/*");
    denied(&make(&[("owner", "us")]).await, "ec2:CreateTags", &vpcs);
    allow(&admin, &json!([create, tag])).await;
    let vpc = make(&[("owner", "us")]).await.good().text("vpcId");
    make(&[("owner", "us"), ("Name", "n")]).await.good();
    denied(&make(&[("owner", "them")]).await, "ec2:CreateVpc", &vpcs);
    denied(&make(&[("owner", "us"), ("other", "x")]).await, "ec2:CreateVpc", &vpcs);
    denied(&role.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await, "ec2:CreateVpc", &vpcs);
    let later = [("ResourceId.1", &*vpc), ("Tag.1.Key", "owner"), ("Tag.1.Value", "them")];
    let path = format!("{REGION}:vpc/{vpc}");
    denied(&role.ec2("CreateTags", &later).await, "ec2:CreateTags", &path);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html>
#[tokio::test(start_paused = true)]
async fn what_carries_our_tag_is_ours_to_change() {
    let ours = json!({ "StringEquals": { "aws:ResourceTag/owner": "${aws:PrincipalTag/team}" } });
    let (admin, role) = both(Settings::calm(), &json!([
        { "Effect": "Allow", "Action": ["ec2:Delete*", "ec2:*Route*"], "Resource": "*", "Condition": ours },
        {
            "Effect": "Deny", "Action": "ec2:DeleteTags", "Resource": "*",
            "Condition": { "ForAnyValue:StringEquals": { "aws:TagKeys": "owner" } }
        }
    ]))
    .await;
    let team = [("RoleName", "r"), ("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "us")];
    admin.iam("TagRole", &team).await.good();
    let vpc = admin.vpc().await;
    let subnet = admin.subnet(&vpc, "10.0.1.0/24").await;
    let path = format!("{REGION}:vpc/{vpc}");
    denied(&role.ec2("DeleteVpc", &[("VpcId", &vpc)]).await, "ec2:DeleteVpc", &path);
    let own = [("ResourceId.1", &*subnet), ("Tag.1.Key", "owner"), ("Tag.1.Value", "us")];
    admin.ec2("CreateTags", &own).await.good();
    let untag = role.ec2("DeleteTags", &own[..2]).await;
    denied(&untag, "ec2:DeleteTags", &format!("{REGION}:subnet/{subnet}"));
    assert!(untag.body.contains("with an explicit deny in an identity-based policy"));
    let other = [own[0], ("Tag.1.Key", "other")];
    role.ec2("DeleteTags", &other).await.good();
    // A route is of its table, and so is an association.
    let table = admin.ec2("CreateRouteTable", &[("VpcId", &vpc)]).await.text("routeTableId");
    let gateway = admin.attached_gateway(&vpc).await;
    let route = [
        ("RouteTableId", &*table),
        ("DestinationCidrBlock", "0.0.0.0/0"),
        ("GatewayId", &*gateway),
    ];
    let path = format!("{REGION}:route-table/{table}");
    denied(&role.ec2("CreateRoute", &route).await, "ec2:CreateRoute", &path);
    let pair = [route[0], ("SubnetId", &*subnet)];
    let joined = admin.ec2("AssociateRouteTable", &pair).await.text("associationId");
    let part = [("AssociationId", &*joined)];
    denied(&role.ec2("DisassociateRouteTable", &part).await, "ec2:DisassociateRouteTable", &path);
    let tag = [("ResourceId.1", &*table), own[1], own[2]];
    admin.ec2("CreateTags", &tag).await.good();
    role.ec2("CreateRoute", &route).await.good();
    role.ec2("DisassociateRouteTable", &part).await.good();
    role.ec2("DeleteSubnet", &[("SubnetId", &subnet)]).await.good();
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>
#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_whether_the_permission_is_there() {
    let (admin, role) = both(Settings::calm(), &json!([super::who_am_i()])).await;
    let dry = [("CidrBlock", "10.0.0.0/16"), ("DryRun", "true")];
    denied(&role.ec2("CreateVpc", &dry).await, "ec2:CreateVpc", &format!("{REGION}:vpc/*"));
    let create = json!([{ "Effect": "Allow", "Action": "ec2:CreateVpc", "Resource": "*" }]);
    allow(&admin, &create).await;
    assert_eq!(role.ec2("CreateVpc", &dry).await.code(), "DryRunOperation");
}

/// What is not there is not found, by whoever may do it to what is.
#[tokio::test(start_paused = true)]
async fn an_id_of_nothing_is_judged_by_its_type() {
    let (_, role) = both(
        Settings::calm(),
        &json!([
            {
                "Effect": "Allow", "Action": ["ec2:Delete*", "ec2:Disassociate*"],
                "Resource": [format!("{REGION}:subnet/*"), format!("{REGION}:route-table/*")]
            }
        ]),
    )
    .await;
    for (action, param, id, code) in [
        ("DeleteSubnet", "SubnetId", "subnet-0123456789abcdef0", "InvalidSubnetID.NotFound"),
        ("DeleteSubnet", "SubnetId", "nonsense", "InvalidSubnetID.Malformed"),
        (
            "DisassociateRouteTable",
            "AssociationId",
            "rtbassoc-0123456789abcdef0",
            "InvalidAssociationID.NotFound",
        ),
        ("DeleteVpc", "VpcId", "vpc-0123456789abcdef0", "UnauthorizedOperation"),
    ] {
        assert_eq!(role.ec2(action, &[(param, id)]).await.code(), code, "{action} {id}");
    }
}
