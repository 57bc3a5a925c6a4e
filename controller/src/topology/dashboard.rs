//! The dashboard: everything that is watched, with what counts as wrong drawn in.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>

use serde_json::{Value, json};

use crate::{
    aws::{
        Aws,
        cloudwatch::{Alarm, Body, Dashboard, DashboardConfig},
    },
    engine::{Address, DeclaredTwice, Graph, Input, Resource},
};

use super::{Label, monitoring::Watch};

const MAIN: &str = "main";
/// How wide a dashboard is, and how large a picture on it.
const COLUMNS: usize = 24;
const WIDTH: usize = 8;
const HEIGHT: usize = 6;
/// How many alarms one widget shows at most.
const MOST_ALARMS: usize = 100;

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    watched: &[Watch],
    with_alarms: bool,
) -> Result<(), DeclaredTwice> {
    let mut pictures = Vec::new();
    let mut parts: Vec<Input<String>> = Vec::new();
    for watch in watched {
        let measured = watch.queries.iter().filter(|query| query.expression.is_empty());
        let lines = measured.map(|query| {
            let dimensions = query.dimensions.iter().map(|(name, value)| {
                parts.push(value.clone());
                (name.clone(), parts.len() - 1)
            });
            let dimensions = dimensions.collect();
            Line {
                namespace: query.namespace.clone(),
                metric: query.metric.clone(),
                dimensions,
                statistic: query.statistic.clone(),
                period: query.period,
            }
        });
        let lines: Vec<Line> = lines.collect();
        // What is made of others is not what the threshold is of.
        let threshold = (watch.queries.len() == 1).then(|| watch.wrong.threshold());
        pictures.push(Picture { title: watch.name(), lines, threshold });
    }
    let alarms = if with_alarms { arns(label, watched) } else { Vec::new() };
    let (name, region) = (label.environment.name.clone(), label.environment.region.clone());
    let body = Input::made_of(parts, move |parts| {
        Body::new(body(&name, &region, &alarms, &pictures, &parts).to_string())
    });
    let tags = label.tags(Dashboard::ABOUT.name, MAIN);
    graph.add::<Dashboard>(MAIN, DashboardConfig { body, tags }).map(drop)
}

/// A picture of what is watched.
#[derive(Clone, Debug)]
struct Picture {
    title: String,
    lines: Vec<Line>,
    threshold: Option<f64>,
}

/// A line in it.
#[derive(Clone, Debug)]
struct Line {
    namespace: String,
    metric: String,
    /// Names, with the places of values that are known once others are there.
    dimensions: Vec<(String, usize)>,
    statistic: String,
    period: i32,
}

/// The ARNs of the alarms, which follow from their names.
fn arns(label: &Label<'_>, watched: &[Watch]) -> Vec<String> {
    let arn = |watch: &Watch| {
        let name = label.environment.display_name(&Address::new(Alarm::ABOUT.name, watch.name()));
        label.environment.arn("cloudwatch", &format!("alarm:{name}"))
    };
    watched.iter().map(arn).collect()
}

fn body(
    name: &str,
    region: &str,
    alarms: &[String],
    pictures: &[Picture],
    parts: &[String],
) -> Value {
    let text =
        format!("# {name}\n\nWhat each alarm means, and what to do: docs/alarms.md of clctl.");
    let mut widgets = vec![json!({
        "type": "text", "x": 0, "y": 0, "width": COLUMNS, "height": 2,
        "properties": { "markdown": text },
    })];
    let mut top = 2;
    for some in alarms.chunks(MOST_ALARMS) {
        widgets.push(json!({
            "type": "alarm", "x": 0, "y": top, "width": COLUMNS, "height": HEIGHT,
            "properties": { "title": "Alarms", "alarms": some },
        }));
        top += HEIGHT;
    }
    for (at, picture) in pictures.iter().enumerate() {
        let (row, column) = (at / (COLUMNS / WIDTH), at % (COLUMNS / WIDTH));
        widgets.push(json!({
            "type": "metric",
            "x": column * WIDTH, "y": top + row * HEIGHT, "width": WIDTH, "height": HEIGHT,
            "properties": picture.properties(region, parts),
        }));
    }
    json!({ "widgets": widgets })
}

impl Picture {
    fn properties(&self, region: &str, parts: &[String]) -> Value {
        let metrics: Vec<Value> = self.lines.iter().map(|line| line.metric(parts)).collect();
        let mut properties = json!({
            "title": self.title, "region": region, "view": "timeSeries", "metrics": metrics,
        });
        if let Some(threshold) = self.threshold {
            let line = json!([{ "label": "alarm", "value": threshold }]);
            properties["annotations"] = json!({ "horizontal": line });
        }
        properties
    }
}

impl Line {
    fn metric(&self, parts: &[String]) -> Value {
        let mut metric = vec![json!(self.namespace), json!(self.metric)];
        for (name, place) in &self.dimensions {
            metric.push(json!(name));
            metric.push(json!(parts.get(*place)));
        }
        metric.push(json!({ "stat": self.statistic, "period": self.period }));
        Value::Array(metric)
    }
}
