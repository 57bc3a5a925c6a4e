//! Nothing is forgotten: every operation needs a permission.

use serde_json::json;

use super::{allow, calm};
use crate::client::{Answer, Client};

/// What `X-Amz-Target` says before the operation.
const TARGETS: &[(&str, &str)] = &[
    ("acm", "CertificateManager"),
    ("kms", "TrentService"),
    ("logs", "Logs_20140328"),
    ("monitoring", "GraniteServiceVersion20100801"),
    ("secretsmanager", "secretsmanager"),
    ("servicequotas", "ServiceQuotasV20190624"),
    ("ssm", "AmazonSSM"),
    ("tagging", "ResourceGroupsTaggingAPI_20170126"),
];

/// How operations of Route 53 are asked for.
const PATHS: &[(&str, &str)] = &[
    ("ChangeResourceRecordSets", "POST hostedzone/Z1/rrset"),
    ("ChangeTagsForResource", "POST tags/hostedzone/Z1"),
    ("CreateHostedZone", "POST hostedzone"),
    ("DeleteHostedZone", "DELETE hostedzone/Z1"),
    ("GetChange", "GET change/C1"),
    ("GetHostedZone", "GET hostedzone/Z1"),
    ("ListHostedZones", "GET hostedzone"),
    ("ListHostedZonesByName", "GET hostedzonesbyname"),
    ("ListResourceRecordSets", "GET hostedzone/Z1/rrset"),
    ("ListTagsForResource", "GET tags/hostedzone/Z1"),
    ("ListTagsForResources", "POST tags/hostedzone"),
];

/// How the operations of services are asked for that are asked in REST.
const ROUTES: &[(&str, &str, &str)] = &[
    ("CreateBackupPlan", "PUT", "/backup/plans/"),
    ("CreateBackupSelection", "PUT", "/backup/plans/p/selections/"),
    ("CreateBackupVault", "PUT", "/backup-vaults/v1"),
    ("DeleteBackupPlan", "DELETE", "/backup/plans/p"),
    ("DeleteBackupSelection", "DELETE", "/backup/plans/p/selections/s"),
    ("DeleteBackupVault", "DELETE", "/backup-vaults/v1"),
    ("DeleteBackupVaultAccessPolicy", "DELETE", "/backup-vaults/v1/access-policy"),
    ("DeleteRecoveryPoint", "DELETE", "/backup-vaults/v1/recovery-points/a"),
    ("DescribeBackupJob", "GET", "/backup-jobs/j"),
    ("DescribeBackupVault", "GET", "/backup-vaults/v1"),
    ("DescribeRecoveryPoint", "GET", "/backup-vaults/v1/recovery-points/a"),
    ("AddNotificationChannel", "PUT", "/channels"),
    ("DescribeAccountHealth", "GET", "/accounts/health"),
    ("DescribeServiceIntegration", "GET", "/service-integrations"),
    ("GetResourceCollection", "GET", "/resource-collections/AWS_TAGS"),
    ("ListNotificationChannels", "POST", "/channels"),
    ("RemoveNotificationChannel", "DELETE", "/channels/c"),
    ("UpdateResourceCollection", "PUT", "/resource-collections"),
    ("UpdateServiceIntegration", "PUT", "/service-integrations"),
    ("GetBackupPlan", "GET", "/backup/plans/p/"),
    ("GetBackupSelection", "GET", "/backup/plans/p/selections/s"),
    ("GetBackupVaultAccessPolicy", "GET", "/backup-vaults/v1/access-policy"),
    ("ListBackupJobs", "GET", "/backup-jobs/"),
    ("ListBackupPlans", "GET", "/backup/plans/"),
    ("ListBackupSelections", "GET", "/backup/plans/p/selections/"),
    ("ListBackupVaults", "GET", "/backup-vaults/"),
    ("ListRecoveryPointsByBackupVault", "GET", "/backup-vaults/v1/recovery-points/"),
    ("ListTags", "GET", "/tags/a/"),
    ("PutBackupVaultAccessPolicy", "PUT", "/backup-vaults/v1/access-policy"),
    ("TagResource", "POST", "/tags/a"),
    ("UntagResource", "POST", "/untag/a"),
    ("UpdateBackupPlan", "POST", "/backup/plans/p"),
];

/// A call without any parameter.
async fn bare(client: &Client, service: &str, operation: &str) -> Answer {
    match service {
        "ec2" => client.ec2(operation, &[]).await,
        "autoscaling" => client.autoscaling(operation, &[]).await,
        "elasticloadbalancing" => client.elb(operation, &[]).await,
        "iam" => client.iam(operation, &[]).await,
        "rds" => client.rds(operation, &[]).await,
        "route53" => {
            let asked = PATHS.iter().find(|it| it.0 == operation).unwrap().1;
            client.route53(asked, "").await
        }
        "sns" => client.sns(operation, &[]).await,
        "backup" | "devops-guru" => {
            let (_, method, path) = ROUTES.iter().find(|it| it.0 == operation).unwrap();
            client.rest(service, method, path, serde_json::Value::Null).await
        }
        _ => {
            let target = TARGETS.iter().find(|it| it.0 == service).unwrap().1;
            let target = format!("{target}.{operation}");
            let kind = "application/x-amz-json-1.1";
            client.send(service, kind, Some(&target), "{}".to_owned()).await.unwrap()
        }
    }
}

fn is_denied(answer: &Answer) -> bool {
    let named = ["UnauthorizedOperation", "AccessDenied", "AuthorizationError"];
    // A vault that is not there is told of in the same way.
    let vault = answer.body.contains("Insufficient privileges");
    !vault && named.iter().any(|it| answer.body.contains(it))
}

#[tokio::test(start_paused = true)]
async fn every_operation_needs_a_permission_that_has_its_name() {
    let (admin, role) = calm().await;
    let mut seen = 0;
    for (service, operation) in clctl_simulator::operations() {
        if service == "sts" {
            continue;
        }
        allow(&admin, &json!([super::who_am_i()])).await;
        let refused = bare(&role, service, operation).await;
        assert!(is_denied(&refused), "{service} {operation}: {}", refused.body);
        let prefix = match service {
            "monitoring" => "cloudwatch",
            "tagging" => "tag",
            other => other,
        };
        let action = format!("{prefix}:{operation}");
        let said = if service == "sns" { format!("SNS:{operation}") } else { action.clone() };
        let named = format!("is not authorized to perform: {said} on resource: ");
        assert!(refused.body.contains(&named), "{action}: {}", refused.body);
        // A vault stands in a storage that has a permission of its own.
        let actions = [action.as_str(), "backup-storage:MountCapsule"];
        let only = json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]);
        allow(&admin, &only).await;
        let allowed = bare(&role, service, operation).await;
        assert!(!is_denied(&allowed), "{action}: {}", allowed.body);
        let unknown = format!("the operation {action}");
        assert!(!allowed.body.contains(&unknown), "{action}: {}", allowed.body);
        seen += 1;
    }
    assert!(seen > 150, "{seen}");
}
