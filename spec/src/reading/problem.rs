//! What can be wrong with a file, and the report that shows it.

use std::{fmt, sync::Arc};

use miette::{Diagnostic, LabeledSpan, SourceCode};
use serde::{Serialize, Serializer};

use crate::{
    source::{Place, Source},
    tree::Span,
};

/// How grave a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but somebody should look.
    Warning,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $severity:ident;)+) => {
        /// What kind of problem it is. The text form (`spec::unknown_field`) is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All codes there are.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable text form.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("spec::", $text),)+
                }
            }

            /// What it means, in a sentence or two.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc, "\n"),+).trim_ascii(),)+
                }
            }

            /// Whether it makes a file unusable.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)+
                }
            }
        }
    };
}

codes! {
    /// The text is neither YAML nor JSON.
    Syntax = "syntax", Error;
    /// The file is not UTF-8.
    Encoding = "encoding", Error;
    /// The file is larger or deeper than any node needs to be.
    TooLarge = "too_large", Error;
    /// There is no document in the file.
    Empty = "empty", Error;
    /// A YAML tag (`!name`) stands before a value. They have no meaning in a node.
    YamlTag = "yaml_tag", Error;
    /// A YAML merge key (`<<`) is used. JSON and Kubernetes know none.
    MergeKey = "merge_key", Error;
    /// A field is written twice in the same mapping.
    DuplicateField = "duplicate_field", Error;
    /// A field that does not exist.
    UnknownField = "unknown_field", Error;
    /// A field that must be there is not.
    MissingField = "missing_field", Error;
    /// A value of another type than the field has.
    WrongType = "wrong_type", Error;
    /// Text that some YAML readers take for a number, a truth value or nothing, and that must be quoted.
    NeedsQuotes = "needs_quotes", Error;
    /// A value that is not one of those the field knows.
    UnknownValue = "unknown_value", Error;
    /// A value that breaks the rules of its field.
    InvalidValue = "invalid_value", Error;
    /// More problems than anybody reads at once: the rest is told when these are mended.
    TooManyProblems = "too_many_problems", Error;
    /// Two documents of one file declare the same environment.
    DuplicateEnvironment = "duplicate_environment", Error;
    /// A tag key that clctl sets itself.
    ReservedTag = "reserved_tag", Error;
    /// A prefix of ignored tags that covers a tag which is declared or which clctl needs.
    IgnoredTag = "ignored_tag", Error;
    /// More or fewer entries in a list than it takes.
    Count = "count", Error;
    /// None, or more than one, of several fields of which exactly one is written.
    NotOne = "not_one", Error;
    /// A field that means nothing, or something dangerous, without another one.
    Needs = "needs", Error;
    /// Two fields that contradict each other.
    Conflict = "conflict", Error;
    /// The same value twice in a list that holds each once.
    Repeated = "repeated", Error;
    /// An availability zone of another region.
    ZoneOutsideRegion = "zone_outside_region", Error;
    /// A range that AWS does not give to a VPC.
    ReservedRange = "reserved_range", Error;
    /// A range larger or smaller than AWS or the four subnets allow.
    RangeSize = "range_size", Error;
    /// A subnet that is not within its VPC.
    SubnetOutsideVpc = "subnet_outside_vpc", Error;
    /// Two subnets that share addresses.
    SubnetsOverlap = "subnets_overlap", Error;
    /// DNS names for instances without DNS in the VPC. AWS refuses that.
    DnsHostnamesWithoutSupport = "dns_hostnames_without_support", Error;
    /// Everybody could reach the administration, and nobody has accepted that.
    OpenToInternet = "open_to_internet", Error;
    /// An ARN of another region, account or partition than the environment's.
    ForeignArn = "foreign_arn", Error;
    /// An instance type for other processors than the image of the node is built for.
    Architecture = "architecture", Error;
    /// A release of Chainlink without the image digest that pins it.
    NoDigest = "no_digest", Error;
    /// A Chainlink release too old for what clctl configures.
    ChainlinkTooOld = "chainlink_too_old", Error;
    /// Jobs that the declared Chainlink release does not run any more.
    JobTypeRemoved = "job_type_removed", Error;
    /// A chain that makes no blocks any more.
    DeadChain = "dead_chain", Error;
    /// An RPC endpoint that lacks a URL the node needs.
    RpcUrl = "rpc_url", Error;
    /// A URL written into the file without saying that everybody may know it.
    PublicUrl = "public_url", Error;
    /// TOML that cannot be read, that sets what clctl sets itself, or that would hold a secret.
    ExtraToml = "extra_toml", Error;
    /// A major version of PostgreSQL that Chainlink does not support.
    PostgresVersion = "postgres_version", Error;
    /// Storage outside of what AWS makes of the declared type.
    Storage = "storage", Error;
    /// Two weekly or daily windows that overlap.
    Windows = "windows", Error;

    /// A database restored from a snapshot, and a password generated that its keys were not made with.
    Keystore = "keystore", Warning;
    /// A window for changes that is open nearly always.
    LongWindow = "long_window", Warning;
    /// TOML with a setting this clctl does not know of the node.
    TomlUnknown = "toml_unknown", Warning;
    /// Something that looks like a key in a URL that everybody may know.
    KeyInUrl = "key_in_url", Warning;
    /// Alarms that nobody gets.
    Unheard = "unheard", Warning;
    /// A range so wide that it holds millions of strangers.
    WideRange = "wide_range", Warning;
    /// Administration from the whole internet, which was accepted.
    OpenAccepted = "open_accepted", Warning;
    /// Something is built that nobody can reach.
    Unreachable = "unreachable", Warning;
    /// An instance type smaller than Chainlink asks for, or one whose speed is throttled.
    InstanceSize = "instance_size", Warning;
    /// A Chainlink release this clctl knows nothing of.
    ChainlinkUnknown = "chainlink_unknown", Warning;
    /// A Chainlink release that does not run every kind of job.
    JobTypesLacking = "job_types_lacking", Warning;
    /// The image is another one than that of the release.
    OtherDigest = "other_digest", Warning;
    /// A chain that is being wound down.
    RetiringChain = "retiring_chain", Warning;
    /// A chain this clctl does not know, without the address of its LINK token.
    UnknownChain = "unknown_chain", Warning;
    /// The address of another LINK token than that of the chain.
    OtherLinkToken = "other_link_token", Warning;
    /// One RPC endpoint for a chain on which money is at stake: when it fails, the oracle is silent.
    SingleRpc = "single_rpc", Warning;
    /// The standby cannot be seen to wait at this level of the log.
    LogLevel = "log_level", Warning;
    /// The oldest PostgreSQL that Chainlink supports; its own support has ended.
    PostgresOld = "postgres_old", Warning;
    /// A database without the protection that production has.
    Unprotected = "unprotected", Warning;
    /// The VPC takes a range that belongs to somebody on the internet, who becomes unreachable.
    PublicRange = "public_range", Warning;
    /// The VPC takes the range Docker and some AWS services use inside of instances.
    DockerRange = "docker_range", Warning;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A problem while the file is still being read.
pub(crate) struct Draft {
    pub(crate) code: Code,
    pub(crate) at: Span,
    message: String,
    label: String,
    others: Vec<(Span, String)>,
    help: Option<String>,
    field: Option<&'static str>,
}

impl Draft {
    pub(crate) fn new(code: Code, at: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            at,
            message: message.into(),
            label: "here".to_owned(),
            others: Vec::new(),
            help: None,
            field: None,
        }
    }

    /// Says what is wrong at the place itself.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Points to another place that has to do with it.
    pub(crate) fn also(mut self, at: Span, label: impl Into<String>) -> Self {
        self.others.push((at, label.into()));
        self
    }

    /// Says what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says that it is about a field which is not written at the place where it belongs.
    pub(crate) fn field(mut self, name: &'static str) -> Self {
        self.field = Some(name);
        self
    }

    pub(crate) fn missing_field(&self) -> Option<&'static str> {
        self.field
    }

    pub(crate) fn has_help(&self) -> bool {
        self.help.is_some()
    }

    pub(crate) fn seal(self, source: &Arc<Source>, path: String) -> Problem {
        let mut labels =
            vec![LabeledSpan::new_primary_with_span(Some(self.label), source.clamp(self.at))];
        labels.extend(
            self.others
                .into_iter()
                .map(|(at, label)| LabeledSpan::new_with_span(Some(label), source.clamp(at))),
        );
        Problem {
            code: self.code,
            message: self.message,
            help: self.help,
            path,
            place: source.place(self.at.start),
            labels,
            source: Arc::clone(source),
        }
    }
}

/// One thing that is wrong with a file, or that somebody should look at.
///
/// It renders on its own (it is a [`Diagnostic`] with its source), and serialises as plain data:
/// `{code, severity, message, help, path, file, line, column}`.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    message: String,
    help: Option<String>,
    path: String,
    place: Place,
    labels: Vec<LabeledSpan>,
    source: Arc<Source>,
}

impl Problem {
    /// What kind of problem it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// How grave it is.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The field it is about, for example `spec.network.publicSubnets[1]`; empty for the document.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where it is written.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.place.file
    }

    /// The line, from one.
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// The column in characters, from one.
    pub fn column(&self) -> usize {
        self.place.column
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source.as_ref())
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Plain<'a> {
            code: Code,
            severity: Severity,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            help: Option<&'a str>,
            path: &'a str,
            #[serde(flatten)]
            place: &'a Place,
        }
        Plain {
            code: self.code,
            severity: self.severity(),
            message: &self.message,
            help: self.help(),
            path: &self.path,
            place: &self.place,
        }
        .serialize(serializer)
    }
}
