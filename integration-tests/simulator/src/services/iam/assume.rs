//! Roles that services of AWS take on.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html>; what a
//! service says of whom it acts for:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>.

use super::{
    Iam,
    condition::Context,
    evaluate::{self, Decision, Principal, Request},
    role::Role,
};
use crate::{
    Settings,
    shelf::{Eyes, Record},
};

impl Iam {
    /// The role of an ARN that `service` can take on for `source`, as it truly is or, with eyes,
    /// as a replica knows it that may not yet know of a change.
    pub(crate) fn assumable(
        &self,
        settings: &Settings,
        arn: &str,
        service: &str,
        source: &str,
        eyes: Option<Eyes>,
    ) -> Option<&Record<Role>> {
        let role = match eyes {
            Some(eyes) => self.roles.all_seen(eyes).find(|it| it.arn(settings) == arn),
            None => self.role_of(settings, arn),
        }?;
        let mut context = Context::default();
        context.set("aws:SourceAccount", settings.account.clone());
        context.set("aws:SourceArn", source);
        let request =
            Request { action: "sts:AssumeRole".to_owned(), resource: arn.to_owned(), context };
        let trust = role.trusts().ok()?;
        let granted = evaluate::resource(&trust, &Principal::Service(service.to_owned()), &request);
        (granted.decision == Decision::Allowed).then_some(role)
    }
}

/// Whether the policies of a role allow an action; what a policy says that is not modelled allows
/// nothing.
pub(crate) fn may(settings: &Settings, role: &Record<Role>, action: &str, resource: &str) -> bool {
    let Ok(documents) = role.documents() else { return false };
    let mut context = Context::default();
    role.describe(settings, &mut context);
    let request = Request { action: action.to_owned(), resource: resource.to_owned(), context };
    evaluate::identity(&documents, &request) == Decision::Allowed
}
