//! What the body of a dashboard may be.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>: what
//! cannot be shown at all is refused, what is only in vain is said in a good answer.

use serde_json::Value;

const MOST_WIDGETS: usize = 500;
const KINDS: [&str; 5] = ["alarm", "explorer", "log", "metric", "text"];
const KNOWN: [&str; 5] = ["end", "periodOverride", "start", "variables", "widgets"];

/// Where in the body something is, and what is said of it.
type Remark = (String, String);

/// Reads a body: what is said of one that is good, or what is wrong with it.
pub(super) fn check(text: &str) -> Result<Vec<Remark>, Vec<String>> {
    let Ok(Value::Object(body)) = serde_json::from_str::<Value>(text) else {
        return Err(vec!["it is no JSON object".to_owned()]);
    };
    let mut flaws = Vec::new();
    let mut remarks: Vec<_> = body
        .keys()
        .filter(|it| !KNOWN.contains(&it.as_str()))
        .map(|it| (format!("/{it}"), "Unknown property".to_owned()))
        .collect();
    let widgets = match body.get("widgets") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(_) => {
            flaws.push("/widgets should be an array".to_owned());
            &[]
        }
        None => {
            flaws.push("/ should have required property 'widgets'".to_owned());
            &[]
        }
    };
    if widgets.len() > MOST_WIDGETS {
        flaws.push(format!("/widgets should have at most {MOST_WIDGETS} items"));
    }
    for (place, widget) in widgets.iter().enumerate() {
        let at = format!("/widgets/{place}");
        flaws.extend(widget_flaws(&at, widget));
        if widget.get("type").and_then(Value::as_str) == Some("metric") {
            let region = widget.pointer("/properties/region");
            if region.is_none() {
                let text = "should have required property 'region'".to_owned();
                remarks.push((format!("{at}/properties"), text));
            }
        }
    }
    if flaws.is_empty() { Ok(remarks) } else { Err(flaws) }
}

fn widget_flaws(at: &str, widget: &Value) -> Vec<String> {
    let Value::Object(all) = widget else { return vec![format!("{at} should be an object")] };
    let mut flaws = Vec::new();
    let kind = all.get("type").and_then(Value::as_str).unwrap_or_default();
    if !KINDS.contains(&kind) {
        flaws.push(format!("{at}/type should be one of {}", KINDS.join(", ")));
    }
    for (name, least, most) in
        [("width", 1, 24), ("height", 1, 1_000), ("x", 0, 23), ("y", 0, u64::MAX)]
    {
        let good = |it: &Value| it.as_u64().is_some_and(|it| (least..=most).contains(&it));
        if all.get(name).is_some_and(|it| !good(it)) {
            flaws.push(format!("{at}/{name} should be a whole number from {least} on"));
        }
    }
    let Some(Value::Object(properties)) = all.get("properties") else {
        flaws.push(format!("{at} should have required property 'properties'"));
        return flaws;
    };
    let has = |name: &str| properties.contains_key(name);
    let needed = match kind {
        "text" if !has("markdown") => Some("markdown"),
        "metric" if !has("metrics") && !has("annotations") => Some("metrics"),
        "alarm" if !has("alarms") => Some("alarms"),
        "log" if !has("query") => Some("query"),
        _ => None,
    };
    flaws.extend(needed.map(|it| format!("{at}/properties should have required property '{it}'")));
    if properties.get("metrics").is_some_and(|it| !is_list_of_lists(it)) {
        flaws.push(format!("{at}/properties/metrics should be an array of arrays"));
    }
    flaws
}

fn is_list_of_lists(value: &Value) -> bool {
    value.as_array().is_some_and(|all| all.iter().all(Value::is_array))
}
