//! Lists of secrets.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html> and
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html>: all filters
//! must match, any value of one may; what is to be deleted is listed only when asked for.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Secret, constraint, read};
use crate::{fault::Fault, services::paging::Page, shelf::Record};

const MOST: u32 = 100;

/// Reads which page is wanted.
pub(super) fn page(call: &Call<'_>, request: &str) -> Result<(Page, u32), Fault> {
    let size: Option<u32> = call.members.get("MaxResults")?;
    if size.is_some_and(|it| !(1..=MOST).contains(&it)) {
        return Err(constraint("maxResults", "have value between 1 and 100"));
    }
    let token: Option<String> = call.members.get("NextToken")?;
    let page = Page::new(size, token.as_deref(), request).ok_or_else(|| {
        Fault::client("InvalidNextTokenException", "The NextToken value is invalid.")
    })?;
    Ok((page, call.settings.page.unwrap_or(MOST).min(MOST)))
}

/// A filter of secrets.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: By,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum By {
    Description,
    Name,
    TagKey,
    TagValue,
    PrimaryRegion,
    OwningService,
    All,
}

impl Filter {
    fn check(&self) -> Result<(), Fault> {
        let good = |it: char| it.is_ascii_alphanumeric() || " :_@/+=.-!".contains(it);
        if !(1..=10).contains(&self.values.len()) {
            return Err(constraint("filters.1.member.values", "have length between 1 and 10"));
        }
        for value in &self.values {
            if value.len() > 512 || !value.chars().all(good) {
                return Err(constraint(
                    "filters.1.member.values",
                    "satisfy regular expression pattern: ^\\!?[a-zA-Z0-9 :_@\\/\\+\\=\\.\\-\\!]*$",
                ));
            }
        }
        match self.key {
            By::PrimaryRegion | By::OwningService => {
                Err(Fault::unsupported("replicated secrets and secrets of other services"))
            }
            By::Description | By::Name | By::TagKey | By::TagValue | By::All => Ok(()),
        }
    }

    fn keeps(&self, secret: &Record<Secret>) -> bool {
        self.values.iter().any(|value| match value.strip_prefix('!') {
            Some(value) => !self.matches(value, secret),
            None => self.matches(value, secret),
        })
    }

    fn matches(&self, value: &str, secret: &Record<Secret>) -> bool {
        let starts = |text: &str| text.starts_with(value);
        let description = secret.description.as_deref().unwrap_or_default();
        match self.key {
            By::Name => starts(&secret.id),
            By::TagKey => secret.tags.keys().any(|it| starts(it)),
            By::TagValue => secret.tags.values().any(|it| starts(it)),
            By::Description => {
                secret.description.is_some()
                    && description.to_lowercase().starts_with(&value.to_lowercase())
            }
            By::All => {
                let tags = secret.tags.iter().flat_map(|it| [it.0.as_str(), it.1]);
                let attributes = [secret.id.as_str(), description].into_iter().chain(tags);
                let there: Vec<_> = attributes.flat_map(words).collect();
                let mut wanted = words(value).peekable();
                wanted.peek().is_some()
                    && wanted.all(|word| there.iter().any(|it| it.starts_with(&word)))
            }
            By::PrimaryRegion | By::OwningService => false,
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|it: char| !it.is_alphanumeric());
    parts.filter(|it| !it.is_empty()).map(str::to_lowercase)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Asc,
    Desc,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sort {
    #[default]
    CreatedDate,
    LastAccessedDate,
    LastChangedDate,
    Name,
}

/// What secrets are sorted by.
fn sort_key(by: Sort, order: Order, secret: &Record<Secret>) -> Result<String, Fault> {
    let time = match (by, order) {
        (Sort::Name, Order::Asc) => return Ok(secret.id.clone()),
        (Sort::CreatedDate, _) => secret.created,
        (Sort::LastChangedDate, _) => secret.changed,
        (Sort::Name, Order::Desc) => return Err(Fault::unsupported("names in falling order")),
        (Sort::LastAccessedDate, _) => {
            return Err(Fault::unsupported("the date of the last access to a secret"));
        }
    };
    let millis = match order {
        Order::Asc => time.as_millis(),
        Order::Desc => u64::MAX - time.as_millis(),
    };
    Ok(format!("{millis:020} {}", secret.id))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let filters: Vec<Filter> = call.members.get("Filters")?.unwrap_or_default();
    if filters.len() > 10 {
        return Err(constraint("filters", "have length less than or equal to 10"));
    }
    filters.iter().try_for_each(Filter::check)?;
    let deleted = call.members.get("IncludePlannedDeletion")?.unwrap_or_default();
    let by: Sort = call.members.get("SortBy")?.unwrap_or_default();
    let order: Order = call.members.get("SortOrder")?.unwrap_or_default();
    let (page, most) = page(call, &format!("{filters:?} {deleted} {by:?} {order:?}"))?;
    let mut all = Vec::new();
    for it in call.state.secrets.all_seen(call.in_lists()) {
        let shown = deleted || it.deletion.is_none();
        if shown && filters.iter().all(|filter| filter.keeps(it)) {
            all.push((sort_key(by, order, it)?, read::shown(call, it, "SecretVersionsToStages")));
        }
    }
    let cut = page.cut(most, all);
    let mut answer = json!({ "SecretList": cut.items });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}
