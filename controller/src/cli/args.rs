//! The arguments, and nothing else: help, completions and man pages are made from these types.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Keeps a Chainlink oracle-node environment on AWS as one YAML file declares it.
#[derive(Debug, Parser)]
#[command(name = "clctl", version, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Work on the built-in AWS simulator instead of AWS: no account is needed, nothing costs anything.
    #[arg(long, global = true, env = "CLCTL_SANDBOX", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Where")]
    pub sandbox: bool,
    /// Take credentials from this profile of the shared AWS configuration.
    #[arg(long, global = true, value_name = "NAME", env = "AWS_PROFILE", help_heading = "Where")]
    pub profile: Option<String>,
    /// Refuse unless the spec is for this region.
    #[arg(long, global = true, value_name = "REGION", help_heading = "Where")]
    pub region: Option<String>,
    /// Send every call to this URL instead of AWS's own endpoints.
    #[arg(long, global = true, value_name = "URL", env = "AWS_ENDPOINT_URL", help_heading = "Where")]
    pub endpoint_url: Option<String>,
    /// Keep the local record in this folder [default: clctl under $XDG_STATE_HOME].
    #[arg(long, global = true, value_name = "FOLDER", env = "CLCTL_STATE", help_heading = "Where")]
    pub state: Option<PathBuf>,
    /// List every AWS call that was made, on standard error.
    #[arg(long, global = true, help_heading = "Output")]
    pub show_calls: bool,
    /// Say more; twice, say everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
    /// Use colour: auto, always or never. NO_COLOR and CLICOLOR_FORCE are heeded.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub color: When,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make it so: create, change and remove until AWS is as the file declares.
    Apply(Apply),
    /// Show what apply would do. Changes nothing and takes no lock.
    ///
    /// Exit codes: 0 no differences, 1 differences, above 1 an error, or something could not be read.
    Diff(Diff),
    /// Remove everything of an environment, in order, and list what stays.
    Delete(Delete),
    /// List the objects of an environment with their state.
    Get(Get),
    /// Show everything known of an environment: conditions, objects field by field, what happened.
    Describe(Describe),
    /// Check files without asking AWS anything.
    Validate(Validate),
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
pub struct Files {
    /// A file, a folder of .yaml, .yml and .json files, or - for standard input. May be repeated.
    #[arg(short = 'f', long = "filename", value_name = "FILE", required = true)]
    pub files: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub struct Waiting {
    /// Wait until everything is ready (the default).
    #[arg(long, overrides_with = "no_wait")]
    pub wait: bool,
    /// End as soon as everything that can be asked for is asked for.
    #[arg(long)]
    pub no_wait: bool,
    /// Stop after this time, for example 30m: calls in flight are finished and recorded.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h")]
    pub timeout: Duration,
}

#[derive(Args, Debug)]
pub struct Apply {
    #[command(flatten)]
    pub files: Files,
    #[command(flatten)]
    pub waiting: Waiting,
    /// Do not ask before anything that interrupts, replaces or removes.
    #[arg(short, long)]
    pub yes: bool,
    /// Show the plan and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// The form of the result.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: Form,
}

#[derive(Args, Debug)]
pub struct Diff {
    #[command(flatten)]
    pub files: Files,
    /// The form: text, markdown (for a pull request), json, yaml or name.
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub output: DiffForm,
}

#[derive(Args, Debug)]
pub struct Delete {
    #[command(flatten)]
    pub files: Files,
    #[command(flatten)]
    pub waiting: Waiting,
    /// Do not ask.
    #[arg(short, long)]
    pub yes: bool,
    /// List what would be removed and kept, and stop.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args, Debug)]
pub struct Get {
    #[command(flatten)]
    pub files: Files,
    /// Only these objects: an address such as subnet/private-a, or a kind such as subnet.
    pub objects: Vec<String>,
    /// The form: table, wide, json, yaml or name.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: Form,
}

#[derive(Args, Debug)]
pub struct Describe {
    #[command(flatten)]
    pub files: Files,
    /// Only these objects: an address such as subnet/private-a, or a kind such as subnet.
    pub objects: Vec<String>,
}

#[derive(Args, Debug)]
pub struct Validate {
    #[command(flatten)]
    pub files: Files,
    /// The form: table (text), json, yaml or name.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: Form,
}

#[derive(Args, Debug)]
pub struct Version {
    /// The form: table (text), json or yaml.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: Form,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Say where the world is, what time it is there, and what is in it.
    Status,
    /// Begin anew with an empty account.
    Reset {
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
    },
    /// Put something into the account that a user would bring.
    Seed {
        /// What: vpc.
        what: SeedKind,
        /// The region.
        #[arg(long, default_value = "us-east-1")]
        region: String,
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
pub enum SeedKind {
    /// A VPC to deploy into, with subnets in two zones.
    Vpc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Table,
    Wide,
    Json,
    Yaml,
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffForm {
    Text,
    Markdown,
    Json,
    Yaml,
    Name,
}

/// Reads a duration as kubectl writes them: 90s, 30m, 1h30m.
fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "write it as 90s, 30m or 1h30m".to_owned())?;
    Duration::try_from(span).map_err(|_| "it must not be negative".to_owned())
}
