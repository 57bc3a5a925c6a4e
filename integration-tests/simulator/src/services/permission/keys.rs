//! The condition keys that are modelled.
//!
//! A request has a key, or it lacks it as it would in AWS. A policy that asks for any other key is
//! not judged at all, because nobody knows what it would have found.

/// Global keys, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>,
/// and those of the services, each from its page of
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>. What ends
/// in `/` or `:` is followed by a name of the customer's.
const MODELLED: &[&str] = &[
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalTag/",
    "aws:PrincipalType",
    "aws:RequestTag/",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceTag/",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOwner",
    "aws:TagKeys",
    "aws:ViaAWSService",
    "aws:userid",
    "aws:username",
    "autoscaling:ResourceTag/",
    "cloudwatch:namespace",
    "ec2:CreateAction",
    "ec2:Region",
    "ec2:ResourceTag/",
    "ec2:SourceInstanceARN",
    "elasticloadbalancing:CreateAction",
    "elasticloadbalancing:ResourceTag/",
    "iam:AWSServiceName",
    "iam:PassedToService",
    "iam:PermissionsBoundary",
    "iam:PolicyARN",
    "iam:ResourceTag/",
    "kms:CallerAccount",
    "kms:EncryptionContext:",
    "kms:GrantIsForAWSResource",
    "kms:RequestAlias",
    "kms:ResourceAliases",
    "kms:ViaService",
    "rds:ResourceTag/",
    "rds:req-tag/",
    "secretsmanager:ForceDeleteWithoutRecovery",
    "secretsmanager:Name",
    "secretsmanager:RecoveryWindowInDays",
    "secretsmanager:ResourceTag/",
    "secretsmanager:SecretId",
    "sns:Endpoint",
    "sns:Protocol",
    "ssm:Overwrite",
    "ssm:Recursive",
    "ssm:resourceTag/",
];

/// Whether requests have the key where they should have it.
pub(super) fn is_modelled(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    MODELLED.iter().any(|it| {
        let known = it.to_ascii_lowercase();
        if known.ends_with(['/', ':']) { key.starts_with(&known) } else { key == known }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_whatever_their_case_and_those_of_tags_by_their_beginning() {
        for key in ["AWS:tagkeys", "aws:ResourceTag/x", "kms:EncryptionContext:aws:logs:arn"] {
            assert!(is_modelled(key), "{key}");
        }
        for key in ["aws:SourceIp", "aws:TagKeysAndMore", "ec2:Vpc", "kms:KeySpec"] {
            assert!(!is_modelled(key), "{key}");
        }
    }
}
