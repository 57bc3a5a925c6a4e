//! Policies that are a part of their role.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html> and its sisters.

use super::{
    Answer, Operation,
    call::{Call, malformed, no_such, texts},
    document::{Document, Grammar},
    names::{encoded, name, size},
    role,
};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("PutRolePolicy", true, put),
    ("GetRolePolicy", false, get),
    ("ListRolePolicies", false, list),
    ("DeleteRolePolicy", true, delete),
];

const LONGEST_NAME: usize = 128;

fn unknown(policy: &str) -> Fault {
    no_such(format!("The role policy with name {policy} cannot be found."))
}

fn put(call: &mut Call<'_>) -> Answer {
    let policy = name(call, "PolicyName", LONGEST_NAME)?;
    let text = call.need("PolicyDocument")?;
    let role = role::find_own(call)?;
    Document::parse(&text, Grammar::Identity).map_err(|it| malformed(it.0))?;
    let id = role.id.clone();
    let mut inline = role.inline.clone();
    inline.insert(policy, text);
    let most = call.settings.quotas.inline_policy_size;
    if inline.values().map(|it| size(it)).sum::<usize>() > most as usize {
        let text = format!("Maximum policy size of {most} bytes exceeded for role {id}");
        return Err(Fault::new(409, "LimitExceeded", text));
    }
    call.iam.roles.change(call.stamp, &id, |it| it.inline = inline);
    Ok(Xml::new())
}

fn get(call: &mut Call<'_>) -> Answer {
    let policy = name(call, "PolicyName", LONGEST_NAME)?;
    let role = role::look(call)?;
    let text = role.inline.get(&policy).ok_or_else(|| unknown(&policy))?;
    Ok(Xml::new()
        .text("RoleName", &role.id)
        .text("PolicyName", &policy)
        .text("PolicyDocument", encoded(text)))
}

fn list(call: &mut Call<'_>) -> Answer {
    let role = role::look(call)?;
    let names = role.inline.keys();
    let all = names.map(|it| (it.clone(), Xml::new().text("member", it))).collect();
    call.page(all, |page| Xml::new().nest("PolicyNames", texts(page)))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let policy = name(call, "PolicyName", LONGEST_NAME)?;
    let role = role::find_own(call)?;
    if !role.inline.contains_key(&policy) {
        return Err(unknown(&policy));
    }
    let id = role.id.clone();
    call.iam.roles.change(call.stamp, &id, |it| it.inline.remove(&policy));
    Ok(Xml::new())
}
