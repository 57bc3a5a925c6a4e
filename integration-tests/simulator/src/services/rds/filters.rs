//! Filters: all must match, any value may; names and values as they are, without wildcards.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Filter.html>. At most a hundred
//! values: <https://github.com/cloud-custodian/cloud-custodian/pull/10133>.

use crate::{fault::Fault, wire::query::Reader};

const MOST_VALUES: usize = 100;

#[derive(Debug)]
pub(super) struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    pub(super) fn among(params: &Reader<'_>, names: &[&str]) -> Result<Self, Fault> {
        let mut all = Vec::new();
        for filter in params.structs("Filters.Filter") {
            let name = filter.text("Name").unwrap_or_default();
            let values = filter.list("Values.Value");
            if !names.contains(&name.as_str()) {
                return Err(Fault::invalid(format!("Unrecognized filter name: {name}")));
            }
            if values.is_empty() {
                return Err(Fault::invalid(format!("The filter {name} has no values")));
            }
            if values.len() > MOST_VALUES {
                return Err(Fault::combination(format!(
                    "Only up to {MOST_VALUES} unique filter values of {name} may be specified per \
                     filter"
                )));
            }
            all.push((name, values));
        }
        Ok(Self(all))
    }

    /// Whether what has these values is wanted.
    pub(super) fn keep(&self, look: impl Fn(&str) -> Vec<String>) -> bool {
        self.0.iter().all(|(name, values)| look(name).iter().any(|it| values.contains(it)))
    }
}
