//! What the wallets of the nodes hold, as the active one has told CloudWatch.

use std::time::Duration;

use aws_sdk_cloudwatch::types::{DimensionFilter, Metric, MetricDataQuery, MetricStat, ScanBy};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::engine::CallError;

use super::clients::Aws;

const LIST: &str = "cloudwatch:ListMetrics";
const GET: &str = "cloudwatch:GetMetricData";

/// The calls it takes.
pub(super) const READS: [&str; 2] = [LIST, GET];

/// What nodes call a balance, and the dimension that says of which chain, by the release
/// (<https://github.com/smartcontractkit/chainlink-evm> `pkg/monitor/balance.go`,
/// <https://github.com/smartcontractkit/chainlink-framework> `metrics/balance.go`).
const METRICS: [(&str, &str); 2] = [("eth_balance", "evmChainID"), ("node_balance", "chainID")];
/// The dimension that says of which wallet.
const ACCOUNT: &str = "account";
/// How far back is looked: for as long as `ListMetrics` knows of a metric that is told no more
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>).
const BACK: Duration = Duration::from_hours(14 * 24);
/// How finely, in seconds.
const PERIOD: i32 = 3600;
/// How many metrics are asked for at once
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>).
const MOST: usize = 500;

/// What a wallet holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// Its address.
    pub wallet: String,
    /// The id of the chain.
    pub chain: String,
    /// What it held when it was told last, in the coin of the chain; nothing if it was not told for two weeks.
    pub holds: Option<f64>,
    /// Within the hour after this time.
    pub at: Option<Timestamp>,
}

impl Aws {
    /// Reads what the wallets of the nodes hold whose metrics are in this namespace.
    ///
    /// # Errors
    /// Whatever AWS says.
    pub async fn balances(&self, namespace: &str) -> Result<Vec<Balance>, CallError> {
        let mut metrics: Vec<Metric> = Vec::new();
        for (name, _) in METRICS {
            let call = |token| {
                let call = self.cloudwatch.list_metrics().namespace(namespace).metric_name(name);
                // They are also told by chain alone, for alarms.
                let by_wallet = DimensionFilter::builder().name(ACCOUNT).build();
                call.dimensions(by_wallet).set_next_token(token).send()
            };
            metrics.extend(self.pages(LIST, call, |page| (page.metrics, page.next_token)).await?);
        }
        let mut balances: Vec<Balance> = Vec::new();
        for some in metrics.chunks(MOST) {
            for (metric, told) in some.iter().zip(self.last(some).await?) {
                balances.extend(balance(metric, told));
            }
        }
        // A wallet whose balance goes by both names is one.
        balances.sort_by(|a, b| (&a.wallet, &a.chain, b.at).cmp(&(&b.wallet, &b.chain, a.at)));
        balances.dedup_by(|a, b| (&a.wallet, &a.chain) == (&b.wallet, &b.chain));
        Ok(balances)
    }

    /// The last value of each metric, and when it was told.
    async fn last(&self, metrics: &[Metric]) -> Result<Vec<Option<(f64, Timestamp)>>, CallError> {
        let queries: Vec<MetricDataQuery> = metrics
            .iter()
            .enumerate()
            .map(|(at, metric)| {
                let stat = MetricStat::builder().metric(metric.clone()).period(PERIOD);
                let stat = stat.stat("Average").build();
                MetricDataQuery::builder().id(format!("m{at}")).metric_stat(stat).build()
            })
            .collect();
        let now = self.clock.now();
        let begins = now.as_second().saturating_sub_unsigned(BACK.as_secs());
        let call = |token| {
            let call = self.cloudwatch.get_metric_data();
            call.set_metric_data_queries(Some(queries.clone()))
                .start_time(DateTime::from_secs(begins))
                .end_time(DateTime::from_secs(now.as_second()))
                .scan_by(ScanBy::TimestampDescending)
                .set_next_token(token)
                .send()
        };
        let results =
            self.pages(GET, call, |page| (page.metric_data_results, page.next_token)).await?;
        let mut last = vec![None; metrics.len()];
        for result in results {
            let at = result.id().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
            let Some(slot) = at.and_then(|at| last.get_mut(at)) else { continue };
            let value = result.values().first().zip(result.timestamps().first());
            let value = value
                .and_then(|(value, at)| Some((*value, Timestamp::from_second(at.secs()).ok()?)));
            // Pages go on where the one before ended: the first is the newest.
            if slot.is_none() {
                *slot = value;
            }
        }
        Ok(last)
    }
}

fn balance(metric: &Metric, told: Option<(f64, Timestamp)>) -> Option<Balance> {
    let name = metric.metric_name()?;
    let (_, chain) = METRICS.into_iter().find(|(of, _)| *of == name)?;
    let value = |name: &str| {
        let found = metric.dimensions().iter().find(|it| it.name() == Some(name));
        found.and_then(|it| it.value()).map(ToOwned::to_owned)
    };
    Some(Balance {
        wallet: value(ACCOUNT)?,
        chain: value(chain)?,
        holds: told.map(|(holds, _)| holds),
        at: told.map(|(_, at)| at),
    })
}
