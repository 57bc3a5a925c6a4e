//! The arguments, and nothing else: help, completions and man pages are made from these types.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::engine::Until;

/// Keeps a Chainlink oracle-node environment on AWS as one YAML file declares it.
#[derive(Debug, Parser)]
#[command(name = "clctl", version, disable_help_subcommand = true, max_term_width = 100, after_help = super::exit::help())]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Global {
    /// Work on the built-in AWS simulator instead of AWS: no account is needed, nothing costs anything.
    #[arg(long, global = true, env = "CLCTL_SANDBOX", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Where")]
    pub(super) sandbox: bool,
    /// Take credentials from this profile of the shared AWS configuration.
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "AWS_PROFILE",
        hide_env_values = true,
        help_heading = "Where"
    )]
    pub(super) profile: Option<String>,
    /// Refuse unless the spec is for this region.
    #[arg(long, global = true, value_name = "REGION", help_heading = "Where")]
    pub(super) region: Option<String>,
    /// Send every call to this URL instead of AWS's own endpoints.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "AWS_ENDPOINT_URL",
        hide_env_values = true,
        help_heading = "Where"
    )]
    pub(super) endpoint_url: Option<String>,
    /// Keep the local record in this folder instead of clctl in the XDG state folder.
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        env = "CLCTL_STATE",
        hide_env_values = true,
        help_heading = "Where"
    )]
    pub(super) state: Option<PathBuf>,
    /// List every AWS call that was made, on standard error.
    #[arg(long, global = true, help_heading = "Output")]
    pub(super) show_calls: bool,
    /// Say more, call by call; twice, more still. Progress is then plain lines.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(super) verbose: u8,
    /// Use colour.
    #[arg(
        long,
        help = "Use colour; auto does so on a terminal, and heeds NO_COLOR and CLICOLOR_FORCE",
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    pub(super) color: When,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make it so: create, change and remove until AWS is as the file declares.
    ///
    /// Asks on a terminal before anything that interrupts, replaces or removes; refuses such a plan
    /// where there is nobody to ask, unless --yes is given. Ctrl-C once finishes the calls in flight,
    /// records them and says what is left; twice leaves. The same command goes on where it stopped.
    Apply(Apply),
    /// Show what apply would do. Changes nothing and takes no lock.
    ///
    /// Exit codes: 0 no differences, 1 differences, above 1 an error, or something could not be read.
    Diff(Diff),
    /// Remove everything of an environment, in order, and list what stays.
    ///
    /// Lists what would be removed and asks; where there is nobody to ask, --yes is needed.
    Delete(Delete),
    /// List the objects of an environment with their state: its nodes, where it is reached, what differs.
    /// Changes nothing.
    ///
    /// `clctl get outputs` prints ids, ARNs, endpoints and names for scripts; with -o env as variables:
    /// eval "$(clctl get outputs -f node.yaml -o env)"
    Get(Get),
    /// Show everything known of an environment: conditions, objects field by field, what happened.
    /// Changes nothing.
    Describe(Describe),
    /// Draw an environment as a picture: zones, subnets, nodes with their roles, database, who speaks to whom, and
    /// how each object stands. Changes nothing.
    ///
    /// A picture for a runbook, light or dark as what shows it:
    /// clctl graph -f node.yaml > node.svg
    Graph(Graph),
    /// Open the way to the active node: to its GUI and API, to a shell on it, or to its database.
    ///
    /// Runs `aws ssm start-session` through Session Manager, or `ssh` through the bastion, and keeps the local port:
    /// when another node becomes active, or the connection is lost, it connects anew. Ctrl-C ends it. With --print
    /// it prints the command and runs nothing.
    Tunnel(Tunnel),
    /// Rehearse a failover: restart the active node, and measure how long it takes until the other one serves.
    ///
    /// Refused unless one node is active and another one waits. The oracle is silent meanwhile, for about
    /// half a minute. Ends when the node that was restarted waits in its turn.
    Failover(Failover),
    /// Put values into the secrets of an environment, and see which have one.
    ///
    /// What a secret holds is read from standard input, goes to AWS Secrets Manager, and is shown by no
    /// command: not by this one either.
    #[command(subcommand)]
    Secret(Secret),
    /// Make an object that is there one of the environment's: the one of that address.
    ///
    /// Shows how it differs from what the file declares and asks; then puts our tags on it and changes nothing
    /// else. Its name stays. What differs is for the next apply to change.
    Adopt(Adopt),
    /// Let go of an object: take our tags off it, and change nothing else.
    ///
    /// From then on it is nobody's as far as clctl is concerned: neither changed nor deleted.
    Release(Release),
    /// Check files without asking AWS anything.
    ///
    /// Tells every problem of every file, each with its line and column. With -o yaml or json it prints each
    /// object with all defaults filled in, with -o report what is wrong as data.
    Validate(Validate),
    /// Say what a field is: its type, its default, what may be written, and what a change of it costs.
    ///
    /// Without a field it begins at the top. Fields below spec need not be written in full:
    /// clctl explain database.port
    Explain(Explain),
    /// Print the JSON Schema of node.yaml, or its custom resource definition for Kubernetes.
    ///
    /// Editors with a YAML language server complete and check a file that begins with
    /// # yaml-language-server: $schema=PATH
    Schema(Schema),
    /// Look after the built-in AWS simulator.
    #[cfg(feature = "sandbox")]
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Print the version.
    Version(Version),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Args, Clone, Debug)]
pub(super) struct Files {
    /// A file, a folder of .yaml, .yml and .json files, or - for standard input. May be repeated.
    #[arg(short = 'f', long = "filename", value_name = "FILE", required = true)]
    pub(super) files: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Waiting {
    /// Wait to the end (the default).
    #[arg(long, overrides_with = "no_wait")]
    pub(super) wait: bool,
    /// End as soon as everything that can be asked for is asked for.
    #[arg(long)]
    pub(super) no_wait: bool,
    /// Stop after this time, for example 90s or 1h30m: calls in flight are finished and recorded.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h")]
    pub(super) timeout: Duration,
}

/// What `apply` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum WaitedFor {
    /// Everything, and that a node works and another one stands by.
    Ready,
    /// Every object, but not what starts on instances.
    Created,
}

#[derive(Args, Debug)]
pub(super) struct Apply {
    #[command(flatten)]
    pub(super) files: Files,
    #[command(flatten)]
    pub(super) waiting: Waiting,
    /// What to wait for.
    #[arg(long, value_name = "STATE", default_value = "ready", conflicts_with = "no_wait")]
    pub(super) until: WaitedFor,
    /// Do not ask before anything that interrupts, replaces or removes.
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Show the plan and stop.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// The form of the result; with --dry-run, that of the plan.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub(super) output: Form,
}

impl Apply {
    /// What is waited for.
    pub(super) fn until(&self) -> Until {
        match self.until {
            WaitedFor::Created => Until::Created,
            WaitedFor::Ready => self.waiting.until(),
        }
    }
}

impl Waiting {
    /// What is waited for.
    pub(super) fn until(&self) -> Until {
        if self.no_wait { Until::Asked } else { Until::Ready }
    }
}

#[derive(Args, Debug)]
pub(super) struct Diff {
    #[command(flatten)]
    pub(super) files: Files,
    /// The form. Markdown is for a pull request; docs/schemas/diff.schema.json describes the JSON.
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub(super) output: DiffForm,
}

#[derive(Args, Debug)]
pub(super) struct Delete {
    #[command(flatten)]
    pub(super) files: Files,
    #[command(flatten)]
    pub(super) waiting: Waiting,
    /// Do not ask.
    #[arg(short, long)]
    pub(super) yes: bool,
    /// List what would be removed and kept, and stop.
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Args, Debug)]
pub(super) struct Get {
    #[command(flatten)]
    pub(super) files: Files,
    /// Only these objects: an address such as subnet/private-a, a kind such as subnet, or an AWS id. Or outputs:
    /// what scripts ask for.
    pub(super) objects: Vec<String>,
    /// The form; env is for outputs.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub(super) output: GetForm,
}

#[derive(Args, Debug)]
pub(super) struct Describe {
    #[command(flatten)]
    pub(super) files: Files,
    /// Only these objects: an address such as subnet/private-a, a kind such as subnet, or an AWS id.
    pub(super) objects: Vec<String>,
}

#[derive(Args, Debug)]
pub(super) struct Graph {
    #[command(flatten)]
    pub(super) file: OneFile,
    /// Draw what the file declares, and ask AWS nothing: no credentials are needed.
    #[arg(long)]
    pub(super) declared: bool,
    /// The form. Mermaid is for Markdown.
    #[arg(short, long, value_name = "FORM", default_value = "svg")]
    pub(super) output: GraphForm,
}

/// The file of one environment, for verbs that are about one.
#[derive(Args, Clone, Debug)]
pub(super) struct OneFile {
    /// The file of the environment, or - for standard input.
    #[arg(short = 'f', long = "filename", value_name = "FILE", default_value = "node.yaml")]
    pub(super) file: String,
}

impl OneFile {
    /// The same as a list of files.
    pub(super) fn as_slice(&self) -> &[String] {
        std::slice::from_ref(&self.file)
    }
}

#[derive(Args, Debug)]
pub(super) struct Tunnel {
    /// To what.
    #[arg(value_name = "TO", default_value = "gui")]
    pub(super) to: TunnelTo,
    #[command(flatten)]
    pub(super) file: OneFile,
    /// Listen on this port of this machine. Otherwise on that of the node (6688) or of the database if it is free,
    /// or else on any.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) local_port: Option<u16>,
    /// Which way. Otherwise through Session Manager if the file leaves it on, or else through the bastion.
    #[arg(long, value_name = "WAY")]
    pub(super) via: Option<Via>,
    /// Print the command that opens the way now, for a shell, and run nothing.
    #[arg(long)]
    pub(super) print: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TunnelTo {
    /// The GUI and API of the node.
    Gui,
    /// A shell on the node.
    Ssh,
    /// The database.
    Db,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Via {
    /// AWS Systems Manager Session Manager: needs the AWS CLI and its plugin, and leave of IAM.
    SessionManager,
    /// The bastion: needs ssh, and the private key of access.keyPair in the SSH agent.
    Bastion,
}

#[derive(Args, Debug)]
pub(super) struct Failover {
    #[command(flatten)]
    pub(super) file: OneFile,
    /// Do not ask.
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Stop watching after this time, for example 90s or 1h30m.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "30m")]
    pub(super) timeout: Duration,
    /// The form of the result.
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub(super) output: ExplainForm,
}

#[derive(Debug, Subcommand)]
pub(super) enum Secret {
    /// Put a value into a secret of the environment. apply makes the secret; this fills it.
    ///
    /// One line break at the end of what comes in is left out. For example:
    /// pass show rpc/sepolia | clctl secret put sepolia-http --from-stdin
    Put(SecretPut),
    /// List the secrets that the file names: where each comes from, and whether it has a value.
    List(SecretList),
}

#[derive(Args, Debug)]
pub(super) struct SecretPut {
    /// The name of the secret, as the file has it.
    pub(super) name: String,
    /// Read the value from standard input: the only way in, since arguments are seen by everybody on the machine.
    #[arg(long, required = true)]
    pub(super) from_stdin: bool,
    #[command(flatten)]
    pub(super) file: OneFile,
}

#[derive(Args, Debug)]
pub(super) struct SecretList {
    #[command(flatten)]
    pub(super) file: OneFile,
    /// The form.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub(super) output: Form,
}

#[derive(Args, Debug)]
pub(super) struct Adopt {
    /// What it is to be: an address of the file, such as subnet/private-a.
    pub(super) address: String,
    /// Which object: what AWS calls it, such as subnet-0123456789abcdef0, or its ARN.
    pub(super) id: String,
    #[command(flatten)]
    pub(super) file: OneFile,
    /// Do not ask.
    #[arg(short, long)]
    pub(super) yes: bool,
}

#[derive(Args, Debug)]
pub(super) struct Release {
    /// What it is: an address such as subnet/private-a.
    pub(super) address: String,
    /// Which object, where several claim to be it.
    pub(super) id: Option<String>,
    #[command(flatten)]
    pub(super) file: OneFile,
    /// Do not ask.
    #[arg(short, long)]
    pub(super) yes: bool,
}

#[derive(Args, Debug)]
pub(super) struct Validate {
    #[command(flatten)]
    pub(super) files: Files,
    /// The form.
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub(super) output: ValidateForm,
}

#[derive(Args, Debug)]
pub(super) struct Explain {
    /// The field, for example database or nodes.chains.rpc.
    pub(super) field: Option<String>,
    /// List the fields below it as well, all the way down.
    #[arg(short, long)]
    pub(super) recursive: bool,
    /// The form.
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub(super) output: ExplainForm,
}

#[derive(Args, Debug)]
pub(super) struct Schema {
    /// Print the custom resource definition instead, for kubectl apply.
    #[arg(long)]
    pub(super) crd: bool,
    /// The form.
    #[arg(short, long, value_name = "FORM", default_value = "json")]
    pub(super) output: DataForm,
}

#[derive(Args, Debug)]
pub(super) struct Version {
    /// The form.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub(super) output: Form,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, Subcommand)]
pub(super) enum Sandbox {
    /// Say where the world is, what time it is there, and what is in it.
    Status,
    /// Begin anew with an account as AWS hands it out, and forget the record of the old one.
    Reset {
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
    },
    /// Put something into the account that a user would bring; into --region, or us-east-1.
    Seed {
        /// What.
        what: SeedKind,
    },
    /// Change something behind clctl's back, and say what.
    Drift {
        /// Chooses the change; the same seed in the same world makes the same one.
        #[arg(long)]
        seed: Option<u64>,
        /// How many changes.
        #[arg(long, default_value_t = 1)]
        count: u32,
    },
    /// Serve the world on a loopback port, for the AWS CLI, boto3, Terraform or clctl itself.
    Serve {
        /// The port; 0 takes a free one.
        #[arg(long, default_value_t = 4566)]
        port: u16,
        /// How much faster than the wall's the world's time runs.
        #[arg(long, default_value_t = 1.0)]
        speed: f64,
    },
}

#[cfg(feature = "sandbox")]
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SeedKind {
    /// A VPC to deploy into, with subnets in two zones.
    Vpc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GetForm {
    Table,
    Wide,
    Json,
    Yaml,
    Name,
    Env,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffForm {
    Text,
    Markdown,
    Json,
    Yaml,
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphForm {
    /// One file that needs no other.
    Svg,
    /// A flowchart.
    Mermaid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ValidateForm {
    /// Whether each is valid, and what is wrong, for people.
    Text,
    /// The names of the objects.
    Name,
    /// The objects with every default filled in, as JSON.
    Json,
    /// The objects with every default filled in, as YAML.
    Yaml,
    /// What is wrong, as JSON.
    Report,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainForm {
    Text,
    Json,
    Yaml,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DataForm {
    Json,
    Yaml,
}

/// Reads a duration as kubectl writes them: 90s, 30m, 1h30m.
fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "write it as 90s, 30m or 1h30m".to_owned())?;
    Duration::try_from(span).map_err(|_| "it must not be negative".to_owned())
}
