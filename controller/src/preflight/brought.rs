//! What the user has brought along: secrets, a key, a key pair, a certificate, a hosted zone. What secrets hold is not
//! looked at.

use clctl_spec::NodeSpec;

use crate::{
    aws::{Aws, Checked, certificate, hosted_zone, key, key_pair, secret},
    topology::questions,
};

use super::Check;

pub(super) async fn checks(aws: &Aws, spec: &NodeSpec) -> Vec<Check> {
    let (asked, mut all) = (questions(spec), Vec::new());
    for id in asked.secrets {
        all.push(told(format!("secret {id}"), secret(aws, id).await));
    }
    if let Some(arn) = asked.key {
        all.push(told(format!("key {arn}"), key(aws, arn).await));
    }
    if let Some(name) = asked.key_pair {
        all.push(told(format!("key pair {name}"), key_pair(aws, name).await));
    }
    if let Some(asked) = asked.certificate {
        all.push(told(format!("certificate {}", asked.arn), certificate(aws, asked).await));
    }
    if let Some((id, name)) = asked.hosted_zone {
        all.push(told(format!("hosted zone {id}"), hosted_zone(aws, id, name).await));
    }
    all
}

fn told(name: String, found: Checked) -> Check {
    match found {
        Ok(Ok(())) => Check::pass(name, "is there and can be used"),
        // What is the matter, and behind it what to do.
        Ok(Err(why)) => match why.split_once(": ") {
            Some((message, advice)) => Check::fail(name, message, advice),
            None => Check::fail(name, why, "name another one"),
        },
        Err(error) => Check::unread(name, &error),
    }
}
