//! What AWS's error codes mean. Codes are compared without case: AWS spells some of them in more
//! than one way.

use std::{borrow::Cow, error::Error as StdError};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use crate::engine::{CallError, Class};

use super::{calls::NotARead, route53};

/// Turns any error of the SDK into ours.
pub(super) fn call_error<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let request_id = error.request_id().map(ToOwned::to_owned);
    let message = error.message().map(ToOwned::to_owned);
    if let Some(code) = error.code() {
        let class = classify(code, message.as_deref().unwrap_or_default());
        let code = Cow::Owned(code.to_owned());
        return CallError { operation, code, message, request_id, class, source: None };
    }
    if let Some((code, message)) = route53::refused_batch(&error) {
        let class = classify(code, &message);
        let (code, message) = (code.into(), Some(message));
        return CallError { operation, code, message, request_id, class, source: None };
    }
    let (code, class) = unanswered(&error);
    let message = cause(&error);
    CallError {
        operation,
        code: code.into(),
        message,
        request_id,
        class,
        // Not the SDK's error itself: it holds the answer, in which a secret may be.
        source: error.into_source().ok(),
    }
}

/// The deepest cause, which is where the SDK keeps what happened.
fn cause(error: &(dyn StdError + 'static)) -> Option<String> {
    chain(error).last().map(ToString::to_string)
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What it means when no answer carries a code.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
fn unanswered<E>(error: &SdkError<E, HttpResponse>) -> (&'static str, Class)
where
    E: StdError + Send + Sync + 'static,
{
    let has = |is: fn(&(dyn StdError + 'static)) -> bool| chain(error).any(is);
    if has(<dyn StdError>::is::<NotARead>) {
        return ("ReadOnly", Class::ReadOnly);
    }
    if let Some(credentials) =
        chain(error).find_map(|error| error.downcast_ref::<CredentialsError>())
    {
        return match credentials {
            CredentialsError::ProviderTimedOut(_) => ("CredentialsTimedOut", Class::Expired),
            CredentialsError::CredentialsNotLoaded(_) => ("NoCredentials", Class::Denied),
            _ => ("CredentialsFailed", Class::Expired),
        };
    }
    match error {
        SdkError::ConstructionFailure(_) => ("InvalidRequest", Class::Rejected),
        SdkError::TimeoutError(_) => ("Timeout", Class::NoAnswer),
        SdkError::ServiceError(answer) if answer.raw().status().as_u16() < 500 => {
            ("UnknownAnswer", Class::Rejected)
        }
        SdkError::ServiceError(_) => ("UnknownAnswer", Class::Server),
        // Something came, and it says nothing that can be relied on.
        SdkError::ResponseError(_) => ("UnreadableAnswer", Class::NoAnswer),
        _ => ("NoAnswer", Class::NoAnswer),
    }
}

/// What a code means.
pub(super) fn classify(code: &str, message: &str) -> Class {
    let code = code.to_ascii_lowercase();
    let code = code.as_str();
    let of_service =
        || of_launches(code).or_else(|| of_databases(code)).or_else(|| of_balancers(code));
    if let Some(class) = said(code, message).or_else(of_service).or_else(|| of_the_moment(code)) {
        return class;
    }
    match code {
        "idempotentparametermismatch" | "idempotentinstanceactionmismatch" => Class::TokenMismatch,
        "expiredtoken" | "expiredtokenexception" | "requestexpired" => Class::Expired,
        "unauthorizedoperation"
        | "authfailure"
        | "accessdenied"
        | "accessdeniedexception"
        | "authorizationerror"
        | "optinrequired"
        | "invalidclienttokenid"
        | "unrecognizedclientexception"
        | "signaturedoesnotmatch"
        | "missingauthenticationtoken"
        | "incompletesignature" => Class::Denied,
        "dependencyviolation"
        | "invalidgroup.inuse"
        | "invalidipaddress.inuse"
        | "resourceinuse"
        | "resourceinuseexception"
        | "deleteconflict"
        | "resource.alreadyassociated" => Class::InUse,
        "invalidgroup.duplicate"
        | "invalidsubnet.conflict"
        | "routealreadyexists"
        | "invalidpermission.duplicate"
        | "parameteralreadyexists"
        | "entityalreadyexists"
        | "alreadyexistsexception"
        | "resourceexistsexception"
        | "resourcealreadyexistsexception"
        | "invalidkeypair.duplicate"
        | "flowlogalreadyexists" => Class::Exists,
        "incorrectstate"
        | "incorrectinstancestate"
        | "invalidstate"
        | "operationaborted"
        | "concurrentmodification"
        | "resourceconflictexception"
        | "conflictexception"
        | "operationabortedexception"
        | "entitytemporarilyunmodifiable"
        | "concurrentmodificationexception"
        | "kmsinvalidstateexception"
        | "kmsinvalidstate"
        | "concurrentaccess"
        | "staletag"
        | "disabledexception" => Class::Busy,
        // Nobody knows the key that was made a moment ago.
        "encryptionfailure" | "decryptionfailure" | "kmsnotfound" | "kmsaccessdenied" => {
            Class::NotYetVisible
        }
        _ if code.ends_with("limitexceeded") || code.ends_with("limitexceededexception") => {
            Class::Quota
        }
        "addresslimitexceeded"
        | "resourcelimitexceeded"
        | "servicequotaexceededexception"
        | "limitexceededfault" => Class::Quota,
        "insufficientinstancecapacity" | "insufficientaddresscapacity" | "insufficientcapacity" => {
            Class::Capacity
        }
        "natgatewaynotfound"
        | "nosuchhostedzone"
        | "nosuchchange"
        | "parameternotfound"
        | "gateway.notattached"
        | "nosuchentity"
        | "notfound"
        | "notfoundexception"
        | "resourcenotfound"
        | "dashboardnotfounderror"
        | "resourcenotfoundexception" => Class::NotFound,
        _ if code.ends_with(".notfound") => Class::NotFound,
        _ => Class::Rejected,
    }
}

/// What a code means that says nothing of what was asked for: another time it may be done.
fn of_the_moment(code: &str) -> Option<Class> {
    Some(match code {
        "requestlimitexceeded"
        | "throttling"
        | "throttlingexception"
        | "throttled"
        | "throttledexception"
        | "toomanyrequestsexception"
        | "toomanyupdates"
        | "priorrequestnotcomplete"
        | "requestthrottled"
        | "slowdown"
        | "bandwidthlimitexceeded"
        | "ec2throttledexception"
        | "kmsthrottling" => Class::Throttled,
        "internalerror"
        | "internalfailure"
        | "internalservererror"
        | "serviceunavailable"
        | "serviceunavailableexception"
        | "unavailable"
        | "servicefailure"
        | "internalserverexception"
        | "internalserviceerror"
        | "kmsinternalexception"
        | "kmsinternal"
        | "internalservicefault"
        | "dependencytimeoutexception" => Class::Server,
        _ => return None,
    })
}

/// What a code of RDS means.
fn of_databases(code: &str) -> Option<Class> {
    Some(match code {
        "invaliddbsubnetgroupstatefault"
        | "invaliddbparametergroupstate"
        | "subnetalreadyinuse" => Class::InUse,
        "dbinstancealreadyexists"
        | "dbsubnetgroupalreadyexists"
        | "dbparametergroupalreadyexists"
        | "dbsnapshotalreadyexists"
        | "dbclusteralreadyexistsfault"
        | "dbclustersnapshotalreadyexistsfault"
        | "subscriptionalreadyexist" => Class::Exists,
        "invaliddbinstancestate"
        | "invaliddbsnapshotstate"
        | "invaliddbclusterstatefault"
        | "invaliddbclustersnapshotstatefault"
        | "invalidresourcestatefault" => Class::Busy,
        // Nobody knows the subnet, the key, the topic and its policy, or the database, that was made a moment ago.
        "invalidsubnet"
        | "kmskeynotaccessiblefault"
        | "snstopicarnnotfound"
        | "snsnoauthorization"
        | "sourcenotfound" => Class::NotYetVisible,
        "instancequotaexceeded"
        | "storagequotaexceeded"
        | "snapshotquotaexceeded"
        | "dbsubnetgroupquotaexceeded"
        | "dbparametergroupquotaexceeded"
        | "dbclusterquotaexceededfault"
        | "eventsubscriptionquotaexceeded" => Class::Quota,
        "insufficientdbinstancecapacity"
        | "insufficientdbclustercapacityfault"
        | "insufficientstorageclustercapacity" => Class::Capacity,
        "dbinstancenotfound"
        | "dbsubnetgroupnotfoundfault"
        | "dbparametergroupnotfound"
        | "dbsnapshotnotfound"
        | "dbclusternotfoundfault"
        | "resourcenotfoundfault"
        | "dbclustersnapshotnotfoundfault"
        | "dbclusterparametergroupnotfound"
        | "dbinstanceautomatedbackupnotfound"
        | "dbclusterautomatedbackupnotfoundfault"
        | "subscriptionnotfound" => Class::NotFound,
        _ => return None,
    })
}

/// What a code of Elastic Load Balancing means.
fn of_balancers(code: &str) -> Option<Class> {
    Some(match code {
        "loadbalancernotfound" | "targetgroupnotfound" | "listenernotfound" | "rulenotfound" => {
            Class::NotFound
        }
        "duplicateloadbalancername"
        | "duplicatetargetgroupname"
        | "duplicatelistener"
        | "priorityinuse" => Class::Exists,
        // The listener of another load balancer that is on its way out still has it.
        "targetgroupassociationlimit" => Class::Busy,
        // Nobody knows what was made a moment ago; a certificate was looked at before.
        "subnetnotfound"
        | "invalidsecuritygroup"
        | "certificatenotfound"
        | "allocationidnotfound" => Class::NotYetVisible,
        "toomanyloadbalancers"
        | "toomanytargetgroups"
        | "toomanylisteners"
        | "toomanyrules"
        | "toomanytargets"
        | "toomanyactions"
        | "toomanyuniquetargetgroupsperloadbalancer"
        | "toomanyregistrationsfortargetid"
        | "toomanycertificates"
        | "toomanytags" => Class::Quota,
        _ => return None,
    })
}

/// What a code of launch templates and Auto Scaling means.
fn of_launches(code: &str) -> Option<Class> {
    match code {
        "alreadyexists" | "invalidlaunchtemplatename.alreadyexistsexception" => Some(Class::Exists),
        "invalidlaunchtemplateid.versionnotfound"
        | "invalidlaunchtemplatename.notfoundexception" => Some(Class::NotFound),
        "scalingactivityinprogress" => Some(Class::InUse),
        _ => None,
    }
}

/// What a message means, where AWS uses one code for different things.
fn said(code: &str, message: &str) -> Option<Class> {
    match code {
        // ReleaseAddress says so of an address that is in use; elsewhere it is about credentials.
        "authfailure" if message.contains("permission to access the specified resource") => {
            Some(Class::InUse)
        }
        // Of a cluster that is busy it says the same.
        "invaliddbclusterstatefault" if message.contains("still contains DB instances") => {
            Some(Class::InUse)
        }
        // Its name stays taken for as long as it can be taken back.
        "invalidrequestexception" if message.contains("scheduled for deletion") => {
            Some(Class::Exists)
        }
        // Who was made a moment ago is not known everywhere.
        "malformedpolicydocument" | "malformedpolicydocumentexception"
            if message.to_ascii_lowercase().contains("principal") =>
        {
            Some(Class::NotYetVisible)
        }
        // AWS Backup says so of a vault that is not there; who may not ask is told for what.
        "accessdeniedexception" if message.starts_with("Insufficient privileges") => {
            Some(Class::NotFound)
        }
        "invalidrequestexception" if of_backups(message) => Some(Class::InUse),
        // The role, or the key, that was made a moment ago.
        "invalidparametervalueexception"
            if message.contains("cannot be assumed") || message.contains("encryption key") =>
        {
            Some(Class::NotYetVisible)
        }
        // It can be taken back, and after that it is as it was.
        "invalidrequestexception" if message.contains("marked for deletion") => Some(Class::Busy),
        "invalidparameter" if message.contains("Unable to assume") => Some(Class::NotYetVisible),
        // A topic of that name, of somebody else's or set otherwise.
        "invalidparameter" if message.contains("already exists with different") => {
            Some(Class::Exists)
        }
        // A topic, or a key, that DevOps Guru does not know yet.
        "validationexception" if message.contains("Could not verify channel") => {
            Some(Class::NotYetVisible)
        }
        // A key whose policy was set a moment ago.
        "invalidparameterexception" if message.contains("does not exist or is not allowed") => {
            Some(Class::NotYetVisible)
        }
        // Auto Scaling has one code for nearly everything that is wrong with a request
        // (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html>).
        "validationerror" => validation(message),
        "invalidchangebatch" => batch(message),
        // A service makes its role when it is first used, and somebody may have been first.
        "invalidinput" if message.contains("has been taken in this account") => Some(Class::Exists),
        _ => None,
    }
}

/// Whether a vault has something in it, or a plan still selects something.
fn of_backups(message: &str) -> bool {
    message.contains("recovery point") || message.contains("selections must be deleted")
}

/// What is wrong with a batch of changes of records.
fn batch(message: &str) -> Option<Class> {
    let has = |part: &str| message.contains(part);
    if has("but it already exists")
        || has("cannot be created as other RRSets exist")
        || has("because a conflicting RRSet")
    {
        return Some(Class::Exists);
    }
    // A load balancer that was made a moment ago.
    if has("that target was not found") {
        return Some(Class::NotYetVisible);
    }
    // Somebody has changed it since it was looked at.
    (has("but it was not found") || has("do not match the current values")).then_some(Class::Busy)
}

/// What is wrong with a request of Auto Scaling's, if that is only for a moment.
fn validation(message: &str) -> Option<Class> {
    let has = |part: &str| message.contains(part);
    // What EC2 refuses it refuses in the words of EC2: an instance profile, a group, a key that was made a moment
    // ago, and is not known everywhere.
    let fresh = has("does not exist") || has("NotFound") || has("Invalid IAM Instance Profile");
    if has("valid fully-formed launch template") && fresh
        || has("Invalid IAM Instance Profile")
        || has("subnet ID") && has("does not exist")
        || has("AWSServiceRoleForAutoScaling") && has("not found")
    {
        return Some(Class::NotYetVisible);
    }
    (has("AutoScalingGroup name not found")
        || has("Group name not found")
        || has("Group not found"))
    .then_some(Class::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_the_documents_say() {
        for (code, message, class) in [
            ("RequestLimitExceeded", "", Class::Throttled),
            ("InvalidSubnetId.NotFound", "", Class::NotFound),
            ("NatGatewayNotFound", "", Class::NotFound),
            ("VpcLimitExceeded", "", Class::Quota),
            (
                "AuthFailure",
                "You do not have permission to access the specified resource.",
                Class::InUse,
            ),
            (
                "AuthFailure",
                "AWS was not able to validate the provided access credentials",
                Class::Denied,
            ),
            ("IdempotentParameterMismatch", "", Class::TokenMismatch),
            ("RequestExpired", "", Class::Expired),
            ("InvalidVpc.Range", "", Class::Rejected),
            ("LoadBalancerNotFound", "", Class::NotFound),
            ("DuplicateLoadBalancerName", "", Class::Exists),
            ("PriorityInUse", "", Class::Exists),
            ("ResourceInUse", "", Class::InUse),
            ("OperationNotPermitted", "", Class::Rejected),
            ("TooManyListeners", "", Class::Quota),
            ("NoSuchEntity", "", Class::NotFound),
            ("LimitExceededException", "", Class::Quota),
            (
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
                Class::Exists,
            ),
            (
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
                Class::Busy,
            ),
            ("InvalidRequestException", "You tried to do something else.", Class::Rejected),
            (
                "MalformedPolicyDocument",
                "Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:role/new\"",
                Class::NotYetVisible,
            ),
            ("MalformedPolicyDocument", "Syntax errors in policy.", Class::Rejected),
            ("NoSuchHostedZone", "No hosted zone found with ID: Z0", Class::NotFound),
            (
                "InvalidChangeBatch",
                "[Tried to create resource record set [name='a.example.com.', type='A'] but it already exists]",
                Class::Exists,
            ),
            (
                "InvalidChangeBatch",
                "[RRSet with DNS name a.b. is not permitted in zone c.]",
                Class::Rejected,
            ),
        ] {
            assert_eq!(classify(code, message), class, "{code}");
        }
    }
}
