//! Whom it tells: at most two topics of SNS.
//!
//! <https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_AddNotificationChannel.html>,
//! <https://docs.aws.amazon.com/devops-guru/latest/userguide/quotas.html>. Whether the topic is there is for the
//! account's own topics not looked at; those it lets itself publish to:
//! <https://docs.aws.amazon.com/devops-guru/latest/userguide/update-notifications.html>. Whoever
//! publishes has the region before its name, and not who takes the role of the service.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, PRINCIPAL, conflict, cut, invalid, missing, page};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Tags},
};

const MOST: usize = 2;

/// A channel, by its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Channel {
    config: Config,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Config {
    sns: Sns,
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<Filters>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Sns {
    topic_arn: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Filters {
    severities: Vec<String>,
    message_types: Vec<String>,
}

const SEVERITIES: &[&str] = &["LOW", "MEDIUM", "HIGH"];
const MESSAGES: &[&str] = &[
    "NEW_INSIGHT",
    "CLOSED_INSIGHT",
    "NEW_ASSOCIATION",
    "SEVERITY_UPGRADED",
    "NEW_RECOMMENDATION",
];

impl Kind for Channel {
    const TYPE: &'static str = "devops-guru-channel";
    const PREFIX: &'static str = "devops-guru-channel";
    const NOUN: &'static str = "notification channel";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "ValidationException";
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let config: Config = call.members.need("Config")?;
    let topic = &config.sns.topic_arn;
    let parts: Vec<&str> = topic.split(':').collect();
    let ["arn", "aws", "sns", region, account, name] = parts.as_slice() else {
        return Err(invalid(format!("{topic} is not the ARN of a topic.")));
    };
    if *account != call.settings.account || *region != call.region {
        return Err(Fault::unsupported(format!("topics elsewhere ({topic})")));
    }
    if name.strip_suffix(".fifo").is_some() {
        return Err(invalid("DevOps Guru only supports standard SNS topics."));
    }
    if let Some(filters) = &config.filters {
        let unknown = |all: &[String], known: &[&str]| {
            all.iter().find(|it| !known.contains(&it.as_str())).cloned()
        };
        let wrong = unknown(&filters.severities, SEVERITIES)
            .or_else(|| unknown(&filters.message_types, MESSAGES));
        if let Some(wrong) = wrong {
            return Err(invalid(format!("Filters cannot have {wrong}.")));
        }
    }
    if call.state.channels.all().any(|it| it.config.sns.topic_arn == *topic) {
        return Err(conflict("A notification channel with this topic is there already."));
    }
    if call.state.channels.all().count() >= MOST {
        let text = format!("You can have at most {MOST} notification channels.");
        return Err(Fault::new(402, "ServiceQuotaExceededException", text));
    }
    let id = call.rng.uuid();
    let (region, account) = (call.region, &call.settings.account);
    let statement = json!({
        "Sid": "DevOpsGuru-added-SNS-topic-permissions",
        "Effect": "Allow",
        "Principal": { "Service": [format!("{region}.{PRINCIPAL}")] },
        "Action": ["sns:Publish"],
        "Resource": [topic],
        "Condition": { "StringEquals": {
            "AWS:SourceArn": format!("arn:aws:devops-guru:{region}:{account}:channel/{id}"),
            "AWS:SourceAccount": account,
        } },
    });
    call.permits = Some(((*name).to_owned(), statement));
    let record = Record { id: id.clone(), tags: Tags::new(), body: Channel { config } };
    call.state.channels.add(call.stamp, Some(call.now), record);
    Ok(json!({ "Id": id }))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let page = page(call, "channels")?;
    let all = call.state.channels.all_seen(call.in_lists());
    let all: Vec<Value> = all.map(|it| json!({ "Id": it.id, "Config": it.config })).collect();
    let size = call.settings.page.map_or(MOST, |it| it as usize);
    let (channels, next) = cut(&all, page, size, "channels");
    let mut answer = json!({ "Channels": channels });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let id: String = call.members.need("Id")?;
    if call.state.channels.get(&id).is_none() {
        return Err(missing(format!("There is no notification channel {id}.")));
    }
    call.state.channels.remove(call.stamp, &id);
    Ok(json!({}))
}
