//! Grants: permissions to use a key, given to one principal.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html>. They are kept and
//! listed; only whether EBS can use a key for Auto Scaling is decided by them, too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Call, Key, Place, State, constraint, digits, document, keys, listing, not_found,
};
use crate::{Time, fault::Fault, shelf::Record};

/// A grant; its id is where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    created: Time,
    terms: Terms,
}

/// What a grant says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Terms {
    name: Option<String>,
    grantee: String,
    retiring: Option<String>,
    operations: Vec<String>,
    constraints: Option<Constraints>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Constraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_subset: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_context_equals: Option<BTreeMap<String, String>>,
}

impl Grant {
    /// Whether it lets somebody do all of this, and make a grant for AWS's own resource.
    pub(super) fn serves(&self, unique: &str, actions: &[&str]) -> bool {
        let allows = |action: &str| {
            let name = action.trim_start_matches("kms:");
            self.terms.operations.iter().any(|it| it == name)
        };
        self.terms.grantee == unique
            && self.terms.constraints.is_none()
            && allows("CreateGrant")
            && actions.iter().all(|it| allows(it))
    }
}

/// What a grant on a symmetric encryption key may allow.
const OPERATIONS: &[&str] = &[
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
];

fn no_dry_run(call: &Call<'_>) -> Result<(), Fault> {
    if call.members.get("DryRun")?.unwrap_or_default() {
        return Err(Fault::unsupported("dry runs of grants"));
    }
    Ok(())
}

fn principal(call: &Call<'_>, member: &str) -> Result<Option<String>, Fault> {
    let Some(arn) = call.members.get::<String>(member)? else { return Ok(None) };
    document::principal(&Place::of(call), &arn).map(Some)
}

fn terms(call: &Call<'_>) -> Result<Terms, Fault> {
    let grantee = match principal(call, "GranteePrincipal")? {
        Some(grantee) => grantee,
        None => call.members.need("GranteePrincipal")?,
    };
    let retiring = principal(call, "RetiringPrincipal")?;
    let operations: Vec<String> = call.members.need("Operations")?;
    if operations.is_empty() {
        return Err(constraint("[]", "operations", "have length greater than or equal to 1"));
    }
    if let Some(other) = operations.iter().find(|it| !OPERATIONS.contains(&it.as_str())) {
        let rule = format!("satisfy enum value set: [{}]", OPERATIONS.join(", "));
        return Err(constraint(other, "operations", &rule));
    }
    let name: Option<String> = call.members.get("Name")?;
    let constraints: Option<Constraints> = call.members.get("Constraints")?;
    Ok(Terms { name, grantee, retiring, operations, constraints })
}

/// The same terms under the same name are the same grant.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    no_dry_run(call)?;
    keys::no_grant_tokens(call)?;
    let terms = terms(call)?;
    let place = Place::of(call);
    let key = place.own(&text, "CreateGrant")?;
    let pending = matches!(key.state, State::PendingDeletion { .. });
    if pending && call.settings.disputed("kms-grant-on-pending-key", 2) == 1 {
        let text = format!("{} is pending deletion.", place.arn(&key.id));
        return Err(Fault::client("DisabledException", text));
    }
    place.enabled(&key)?;
    let same = key.grants.iter().find(|it| terms.name.is_some() && it.1.terms == terms);
    let same = same.map(|it| it.0.clone());
    let most = call.settings.quotas.kms_grants_per_key;
    if same.is_none() && key.grants.len() >= most as usize {
        let text = format!("You have reached the maximum number of grants per key ({most}).");
        return Err(Fault::client("LimitExceededException", text));
    }
    let id = same.unwrap_or_else(|| {
        let id = digits(&mut call.rng, 4);
        let grant = Grant { created: call.now, terms };
        call.state.keys.change(call.stamp, &key.id, |it| it.grants.insert(id.clone(), grant));
        id
    });
    let token = digits(&mut call.rng, 8);
    Ok(json!({ "GrantId": id, "GrantToken": token }))
}

fn show(place: &Place<'_>, key: &Record<Key>, id: &str, grant: &Grant) -> Value {
    let Terms { name, grantee, retiring, operations, constraints } = &grant.terms;
    let mut shown = json!({
        "KeyId": place.arn(&key.id),
        "GrantId": id,
        "CreationDate": grant.created.as_seconds(),
        "GranteePrincipal": document::principal_shown(place, grantee),
        "IssuingAccount": format!("arn:aws:iam::{}:root", place.settings.account),
        "Operations": operations,
    });
    if let Some(name) = name {
        shown["Name"] = json!(name);
    }
    if let Some(retiring) = retiring {
        shown["RetiringPrincipal"] = json!(document::principal_shown(place, retiring));
    }
    if let Some(constraints) = constraints {
        shown["Constraints"] = json!(constraints);
    }
    shown
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let id: Option<String> = call.members.get("GrantId")?;
    let grantee: Option<String> = call.members.get("GranteePrincipal")?;
    let place = Place::of(call);
    let key = place.seen(&text)?;
    let rows = key
        .grants
        .iter()
        .filter(|it| id.as_ref().is_none_or(|wanted| wanted == it.0))
        .map(|(id, grant)| (id.clone(), show(&place, &key, id, grant)))
        .filter(|it| grantee.as_ref().is_none_or(|wanted| it.1["GranteePrincipal"] == **wanted))
        .collect();
    let request = format!("ListGrants {} {id:?} {grantee:?}", key.id);
    listing::answer(call, (50, 100), &request, ("Grants", rows))
}

fn take(call: &mut Call<'_>, operation: &str) -> Answer {
    let text: String = call.members.need("KeyId")?;
    let id: String = call.members.need("GrantId")?;
    no_dry_run(call)?;
    let key = Place::of(call).own(&text, operation)?;
    if !key.grants.contains_key(&id) {
        return Err(not_found(format!("Grant ID {id} not found")));
    }
    call.state.keys.change(call.stamp, &key.id, |it| it.grants.remove(&id));
    Ok(json!({}))
}

pub(super) fn revoke(call: &mut Call<'_>) -> Answer {
    take(call, "RevokeGrant")
}

/// By key and id only: what a token stands for is not kept.
pub(super) fn retire(call: &mut Call<'_>) -> Answer {
    if call.members.get::<String>("GrantToken")?.is_some() {
        return Err(Fault::unsupported("the retirement of grants by their token"));
    }
    take(call, "RetireGrant")
}
