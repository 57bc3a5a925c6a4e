//! Databases.

use serde_json::json;

use super::{allow, calm};
use crate::rds::{create, subnet_group};

#[tokio::test(start_paused = true)]
async fn a_role_makes_what_its_tags_say() {
    let (admin, role) = calm().await;
    subnet_group(&admin).await;
    let tagged = [("Tags.Tag.1.Key", "owner"), ("Tags.Tag.1.Value", "me")];
    let statement = |tag: &str| {
        json!([
            {
                "Effect": "Allow",
                "Action": ["rds:CreateDBInstance", "rds:AddTagsToResource"],
                "Resource": "*",
                "Condition": { "StringEquals": { "aws:RequestTag/owner": tag } }
            },
            { "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*" },
        ])
    };
    allow(&admin, &statement("you")).await;
    let refused = create(&role, &tagged).await;
    assert_eq!((refused.status, &*refused.code()), (403, "AccessDenied"));
    allow(&admin, &statement("me")).await;
    create(&role, &tagged).await.good();
    let delete = [("DBInstanceIdentifier", "db"), ("SkipFinalSnapshot", "true")];
    assert_eq!(role.rds("DeleteDBInstance", &delete).await.code(), "AccessDenied");
}

/// Of an instance in a cluster it is the instance that gets the tags.
#[tokio::test(start_paused = true)]
async fn what_is_made_gets_the_tags_and_nothing_else() {
    let (admin, role) = calm().await;
    subnet_group(&admin).await;
    let cluster = [
        ("DBClusterIdentifier", "cluster"),
        ("Engine", "aurora-postgresql"),
        ("MasterUsername", "chainlink"),
        ("MasterUserPassword", "correct-horse-battery"),
        ("DBSubnetGroupName", "net"),
    ];
    admin.rds("CreateDBCluster", &cluster).await.good();
    admin.wait(300).await;
    let statements = json!([
        { "Effect": "Allow", "Action": "rds:CreateDBInstance", "Resource": "*" },
        {
            "Effect": "Allow",
            "Action": "rds:AddTagsToResource",
            "Resource": "arn:aws:rds:*:*:db:mine-*"
        },
    ]);
    allow(&admin, &statements).await;
    let member = |id| {
        [
            ("DBInstanceIdentifier", id),
            cluster[0],
            cluster[1],
            ("DBInstanceClass", "db.r6g.large"),
            ("Tags.Tag.1.Key", "owner"),
            ("Tags.Tag.1.Value", "me"),
        ]
    };
    assert_eq!(role.rds("CreateDBInstance", &member("other")).await.code(), "AccessDenied");
    role.rds("CreateDBInstance", &member("mine-1")).await.good();
}

#[tokio::test(start_paused = true)]
async fn without_the_role_of_rds_its_maker_has_to_be_allowed_to_make_it() {
    let (admin, role) = calm().await;
    subnet_group(&admin).await;
    let only = json!([{ "Effect": "Allow", "Action": "rds:*", "Resource": "*" }]);
    allow(&admin, &only).await;
    let refused = create(&role, &[]).await;
    assert_eq!(refused.code(), "InvalidParameterValue");
    assert!(refused.body.contains("create service linked role"), "{}", refused.body);
    let service = [("AWSServiceName", "rds.amazonaws.com")];
    admin.iam("CreateServiceLinkedRole", &service).await.good();
    create(&role, &[]).await.good();
}
