//! The name of the GUI, in a hosted zone of the user's.

use clctl_spec::NodeSpec;

/// The hosted zone that is looked up, and the name that is made in it.
pub(super) fn asked(spec: &NodeSpec) -> Option<(&str, &str)> {
    let gui = &spec.gui;
    gui.load_balancer.as_ref()?;
    Some((gui.hosted_zone_id.as_ref()?.as_str(), gui.domain_name.as_ref()?.as_str()))
}
