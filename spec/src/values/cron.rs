//! Cron expressions of EventBridge, as AWS Backup takes them.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

use crate::{
    log::Quoted,
    names::{NameError, name},
};

const EXAMPLE: &str = "it looks like `cron(0 5 * * ? *)`: minute, hour, day of the month, month, day of the week, year";
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// What a field of an expression may hold.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names of its numbers, from the least on.
    names: &'static [&'static str],
}

const HOUR: Field = Field { name: "hour", least: 0, most: 23, names: &[] };
const MINUTE: Field = Field { name: "minute", least: 0, most: 59, names: &[] };
const DAY: Field = Field { name: "day of the month", least: 1, most: 31, names: &[] };
const MONTH: Field = Field { name: "month", least: 1, most: 12, names: &MONTHS };
const WEEKDAY: Field = Field { name: "day of the week", least: 1, most: 7, names: &DAYS };
const YEAR: Field = Field { name: "year", least: 1970, most: 2199, names: &[] };

impl Field {
    fn number(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| *name == text);
        if let Some(at) = named {
            return u32::try_from(at).ok().map(|at| at + self.least);
        }
        let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_number)?;
        (self.least..=self.most).contains(&number).then_some(number)
    }

    /// `*`, `3`, `3-5`, `*/2`, `3/2`, and lists of these.
    fn takes(&self, text: &str) -> bool {
        text.split(',').all(|part| {
            let (range, step) =
                part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
            let steps = step.is_none_or(|step| {
                step.len() <= 4
                    && step.parse::<u32>().is_ok_and(|step| (1..=self.most).contains(&step))
            });
            let is_range = match range.split_once('-') {
                _ if range == "*" => true,
                Some((from, to)) => {
                    let (from, to) = (self.number(from), self.number(to));
                    from.is_some() && to.is_some() && from <= to
                }
                None => self.number(range).is_some(),
            };
            steps && is_range
        })
    }
}

/// What stands for a day besides numbers: the last one, the weekday nearest to one, the third Friday.
fn is_special_day(text: &str) -> bool {
    text == "L"
        || text == "LW"
        || text.strip_suffix('W').is_some_and(|day| DAY.number(day).is_some())
}

fn is_special_weekday(text: &str) -> bool {
    let nth = |text: &str| {
        text.split_once('#').is_some_and(|(day, nth)| {
            WEEKDAY.number(day).is_some() && matches!(nth, "1" | "2" | "3" | "4" | "5")
        })
    };
    text == "L"
        || text.strip_suffix('L').is_some_and(|day| WEEKDAY.number(day).is_some())
        || nth(text)
}

fn check(text: &str) -> Result<(), NameError> {
    let refuse =
        |what: &str, help: &str| Err(NameError::new(format!("{} {what}", Quoted(text)), help));
    let Some(inner) = text.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')')) else {
        let fields: Vec<&str> = text.split(' ').collect();
        return match fields.as_slice() {
            // As cron has it on Unix, where the day of the week is the fifth of five.
            [minute, hour, day, month, "*"] => {
                let day = if *day == "*" { "*" } else { day };
                refuse(
                    "is not a cron expression of EventBridge",
                    &format!("write `cron({minute} {hour} {day} {month} ? *)`"),
                )
            }
            _ => refuse("is not a cron expression of EventBridge", EXAMPLE),
        };
    };
    let fields: Vec<&str> = inner.split(' ').collect();
    let [minute, hour, day, month, weekday, year] = fields.as_slice() else {
        return refuse("does not have six fields", EXAMPLE);
    };
    if (*day == "?") == (*weekday == "?") {
        return refuse(
            "names both a day of the month and a day of the week, or neither",
            "one of the two is `?`: `cron(0 5 * * ? *)` is every day, `cron(0 5 ? * SUN *)` every Sunday",
        );
    }
    for (field, text, special) in [
        (&MINUTE, minute, false),
        (&HOUR, hour, false),
        (&DAY, day, *day == "?" || is_special_day(day)),
        (&MONTH, month, false),
        (&WEEKDAY, weekday, *weekday == "?" || is_special_weekday(weekday)),
        (&YEAR, year, false),
    ] {
        if !special && !field.takes(text) {
            let (least, most) = (field.least, field.most);
            let names = field.names.first().map(|name| format!(", or names such as {name}"));
            return refuse(
                &format!("has no {} that there is: {}", field.name, Quoted(text)),
                &format!("it is `*` or {least} to {most}{}", names.unwrap_or_default()),
            );
        }
    }
    if MINUTE.number(minute).is_none() {
        return refuse(
            "asks for more than one backup an hour",
            "AWS Backup makes at most one an hour: write one minute, for example `cron(0 5 * * ? *)`",
        );
    }
    Ok(())
}

name! {
    /// A cron expression of EventBridge: minute, hour, day of the month, month, day of the week, year.
    Cron,
    pattern r"^cron\([0-9]{1,2} [0-9*,/-]+ [0-9*?,/LW-]+ [0-9A-Z*,/-]+ [0-9A-Z*?,/L#-]+ [0-9*,/-]+\)$",
    longest 120,
    |text| {
        if text.len() > 120 {
            return Err(NameError::new("this cron expression is very long", EXAMPLE));
        }
        check(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_those_of_eventbridge() {
        for text in [
            "cron(0 5 * * ? *)",
            "cron(0 5 ? * SUN *)",
            "cron(30 0/6 * * ? *)",
            "cron(0 5 1,15 * ? *)",
            "cron(0 5 L JAN-MAR ? 2026-2030)",
            "cron(0 5 3W * ? *)",
            "cron(0 5 ? * 6#3 *)",
            "cron(0 5 ? * 5L *)",
            "cron(0 5 ? * MON-FRI *)",
        ] {
            assert!(text.parse::<Cron>().is_ok(), "{text}");
        }
        for text in [
            "",
            "0 5 * * *",
            "rate(1 day)",
            "cron(0 5 * * *)",
            "cron(* 5 * * ? *)",
            "cron(0,30 5 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 5 32 * ? *)",
            "cron(0 5 * 13 ? *)",
            "cron(0 5 ? * MUN *)",
            "cron(0 5 ? * 8 *)",
            "cron(0 5 ? * SUN#6 *)",
            "cron(0 5 * JAN-DEZ ? *)",
            "cron(0 5 * * ? 2)",
            "cron(0 0/0 * * ? *)",
            "cron(0 5 * * * *)",
            "cron(0  5 * * ? *)",
        ] {
            assert!(text.parse::<Cron>().is_err(), "{text}");
        }
        let help = "0 5 * * *".parse::<Cron>().map_err(|error| error.help().to_owned());
        assert_eq!(help.err().as_deref(), Some("write `cron(0 5 * * ? *)`"));
    }
}
