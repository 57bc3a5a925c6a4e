//! Parameters of PostgreSQL: those that somebody has set, as text.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{ApplyMethod, Parameter};

use crate::engine::{Address, CallError, Cell, Field, Outputs};

use super::super::answers::text;

/// The parameters of a group that are set, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(pub BTreeMap<String, String>);

/// Connections are always encrypted: it is told also where nobody has set it, since what it is then depends
/// on the version
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html>).
pub const FORCE_SSL: &str = "rds.force_ssl";

impl Field for Parameters {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        let cells = self.0.iter();
        Cell::Map(
            cells.map(|(name, value)| (name.clone(), Cell::Known(value.as_str().into()))).collect(),
        )
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// How many one call takes
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html>).
pub(super) const A_CALL: usize = 20;

impl Parameters {
    /// Reads those that somebody has set.
    pub(super) fn read(operation: &'static str, all: &[Parameter]) -> Result<Self, CallError> {
        let mut set = BTreeMap::new();
        for parameter in all {
            let name = text(operation, "ParameterName", parameter.parameter_name())?;
            let is_told = is_set(parameter) || name == FORCE_SSL;
            if let Some(value) = parameter.parameter_value().filter(|_| is_told) {
                set.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Self(set))
    }

    /// What has to be set to make `have` these, and what to be set back, each in portions of a call.
    ///
    /// `all` tells which of them count at once and which from the next restart on: AWS refuses to be asked
    /// for the former of the latter.
    pub(super) fn changes(
        &self,
        have: &Self,
        all: &[Parameter],
    ) -> (Vec<Vec<Parameter>>, Vec<Vec<Parameter>>) {
        let of = |name: &str, value: Option<&str>| {
            let known = all.iter().find(|parameter| parameter.parameter_name() == Some(name));
            let at_once = known.and_then(Parameter::apply_type) == Some("dynamic");
            let method = if at_once { ApplyMethod::Immediate } else { ApplyMethod::PendingReboot };
            let parameter = Parameter::builder().parameter_name(name).apply_method(method);
            parameter.set_parameter_value(value.map(ToOwned::to_owned)).build()
        };
        let set = self.0.iter().filter(|(name, value)| have.0.get(*name) != Some(*value));
        let set: Vec<Parameter> = set.map(|(name, value)| of(name, Some(value))).collect();
        let gone = have.0.keys().filter(|name| !self.0.contains_key(*name));
        let gone: Vec<Parameter> = gone.map(|name| of(name, None)).collect();
        (portions(&set), portions(&gone))
    }
}

fn portions(all: &[Parameter]) -> Vec<Vec<Parameter>> {
    all.chunks(A_CALL).map(<[Parameter]>::to_vec).collect()
}

/// Whether somebody has set it.
pub(super) fn is_set(parameter: &Parameter) -> bool {
    parameter.source() == Some("user")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, value: &str, source: &str, apply_type: &str) -> Parameter {
        let parameter = Parameter::builder().parameter_name(name).parameter_value(value);
        parameter.source(source).apply_type(apply_type).build()
    }

    #[test]
    fn what_is_static_waits_for_the_restart_and_what_nobody_declares_is_set_back() {
        let all = [
            parameter("max_connections", "100", "user", "static"),
            parameter("log_min_duration_statement", "-1", "engine-default", "dynamic"),
            parameter("work_mem", "4096", "user", "dynamic"),
            parameter(FORCE_SSL, "1", "system", "dynamic"),
        ];
        let have = Parameters::read("rds:DescribeDBParameters", &all).unwrap();
        let names: Vec<&str> = have.0.keys().map(String::as_str).collect();
        assert_eq!(names, ["max_connections", FORCE_SSL, "work_mem"]);
        let want = [("max_connections", "200"), ("log_min_duration_statement", "500")];
        let want = want.into_iter().chain([(FORCE_SSL, "1")]);
        let want = Parameters(want.map(|(name, value)| (name.into(), value.into())).collect());
        let (set, gone) = want.changes(&have, &all);
        let said = |all: &[Vec<Parameter>]| -> Vec<String> {
            let told = |it: &Parameter| {
                format!("{} {}", it.parameter_name().unwrap(), it.apply_method().unwrap().as_str())
            };
            all.iter().flatten().map(told).collect()
        };
        let expected = ["log_min_duration_statement immediate", "max_connections pending-reboot"];
        assert_eq!(
            (said(&set), said(&gone)),
            (expected.map(ToOwned::to_owned).into(), vec!["work_mem immediate".to_owned()])
        );
    }
}
