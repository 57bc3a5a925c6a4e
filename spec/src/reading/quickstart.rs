//! The parameters of the AWS quickstart, for people who write them where its successor has a field.

/// Each with the field that took its place; none, if nothing did. `docs/quickstart-parameters.md` says what
/// is different, and a test compares the two.
const PARAMETERS: [(&str, Option<&str>); 47] = [
    ("AvailabilityZones", Some("spec.availabilityZones")),
    ("VPCCIDR", Some("spec.network.vpc.create.cidr")),
    ("PublicSubnet1CIDR", Some("spec.network.vpc.create.publicSubnets")),
    ("PublicSubnet2CIDR", Some("spec.network.vpc.create.publicSubnets")),
    ("PrivateSubnet1CIDR", Some("spec.network.vpc.create.privateSubnets")),
    ("PrivateSubnet2CIDR", Some("spec.network.vpc.create.privateSubnets")),
    ("RemoteAccessCIDR", Some("spec.access.allowedCidrs")),
    ("VPCTenancy", Some("spec.network.vpc.create.tenancy")),
    ("KeyPairName", Some("spec.access.keyPair.name")),
    ("BastionAMIOS", None),
    ("BastionInstanceType", Some("spec.access.bastion.instanceType")),
    ("ChainlinkNodeInstanceType", Some("spec.nodes.instanceType")),
    ("ChainlinkNodeRootVolumeSize", Some("spec.nodes.rootVolume.volumeSize")),
    ("NumBastionHosts", Some("spec.access.bastion.count")),
    ("BastionHostName", None),
    ("BastionTenancy", Some("spec.access.bastion.tenancy")),
    ("EnableBanner", Some("spec.access.bastion.banner")),
    ("BastionBanner", Some("spec.access.bastion.banner")),
    ("EnableTCPForwarding", Some("spec.access.bastion.tcpForwarding")),
    ("EnableX11Forwarding", Some("spec.access.bastion.x11Forwarding")),
    ("BlockchainNetwork", Some("spec.nodes.chains.name")),
    ("ChainlinkNodeGUIEmail", Some("spec.nodes.adminEmail")),
    ("ChainlinkNodeGUIPassword", Some("spec.secrets.adminPassword")),
    ("BlockchainNodeUrl", Some("spec.nodes.chains.rpc.webSocketUrl")),
    ("NodeWalletPassword", Some("spec.secrets.keystorePassword")),
    ("UseSSLCertificate", Some("spec.gui.loadBalancer")),
    ("SSLCertificateARN", Some("spec.gui.loadBalancer.certificateArn")),
    ("DBName", Some("spec.database.databaseName")),
    ("DBAutoMinorVersionUpgrade", Some("spec.database.autoMinorVersionUpgrade")),
    ("DBBackupRetentionPeriod", Some("spec.database.backupRetentionPeriod")),
    ("DBMultiAZ", Some("spec.database.engine.rds.multiAz")),
    ("DBEngineVersion", Some("spec.database.version")),
    ("DBInstanceClass", Some("spec.database.instanceClass")),
    ("DBMasterUsername", Some("spec.database.masterUsername")),
    ("DBMasterUserPassword", Some("spec.secrets.databasePassword")),
    ("DBPort", Some("spec.database.port")),
    ("EnableAmazonDevOpsGuru", Some("spec.monitoring.devOpsGuru.enabled")),
    ("AdministratorAccountId", None),
    ("EmailAddress", Some("spec.monitoring.emails")),
    ("QSS3BucketName", None),
    ("QSS3KeyPrefix", None),
    ("QSS3BucketRegion", None),
    ("PrivateSubnet1ID", Some("spec.network.vpc.existing.privateSubnets.ids")),
    ("PrivateSubnet2ID", Some("spec.network.vpc.existing.privateSubnets.ids")),
    ("PublicSubnet1ID", Some("spec.network.vpc.existing.publicSubnets.ids")),
    ("PublicSubnet2ID", Some("spec.network.vpc.existing.publicSubnets.ids")),
    ("VPCID", Some("spec.network.vpc.existing.vpc.id")),
];

/// What has become of a parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Became {
    /// A field.
    Field(&'static str),
    /// Nothing.
    Nothing,
}

/// What has become of the parameter of this name, if there was one.
pub(crate) fn successor(name: &str) -> Option<Became> {
    let mut all = PARAMETERS.iter();
    let (_, field) = all.find(|(parameter, _)| parameter.eq_ignore_ascii_case(name))?;
    Some(field.map_or(Became::Nothing, Became::Field))
}

/// Every parameter of the quickstart, each with the field that took its place.
pub fn quickstart_parameters() -> &'static [(&'static str, Option<&'static str>)] {
    &PARAMETERS
}
