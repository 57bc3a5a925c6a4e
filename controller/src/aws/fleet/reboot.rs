//! An instance restarted. What runs on it is stopped by its systemd, so that the lease moves at once.

use crate::{aws::clients::Aws, engine::CallError};

/// What restarts an instance: the machine is asked to shut down, and only made to if it does not
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RebootInstances.html>).
pub(in crate::aws) const REBOOT: &str = "ec2:RebootInstances";

impl Aws {
    /// Restarts an instance. Not waited for.
    ///
    /// # Errors
    /// Whatever AWS says.
    pub async fn reboot(&self, instance: &str) -> Result<(), CallError> {
        let call = || self.ec2.reboot_instances().instance_ids(instance).send();
        self.write(REBOOT, call).await.map(drop)
    }
}
