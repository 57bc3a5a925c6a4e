//! What is generated from the code and checked in: references for users, and the schema of `diff -o
//! json`. A test compares them with what this makes.

use clap::CommandFactory;
use clctl_spec::{Code, Severity};
use serde_json::{Value, json};

use crate::{
    aws::{PARAMETERS, kinds},
    engine::{Creation, OnChange, Replacement},
    render::{PlanView, line, reference},
    topology::ALARMS,
};

use super::{args::Cli, exit::Exit};

/// A file that is generated.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Where it is, from the root of the repository.
    pub path: &'static str,
    /// What is in it.
    pub text: String,
}

/// Everything that is generated.
pub fn generated() -> Vec<Generated> {
    vec![
        Generated { path: "docs/cli.md", text: cli() },
        Generated { path: "docs/alarms.md", text: alarms() },
        Generated { path: "docs/kinds.md", text: kinds_table() },
        Generated { path: "docs/spec.md", text: spec_reference() },
        Generated { path: "docs/problems.md", text: problems() },
        Generated { path: "docs/crd.yaml", text: crd() },
        Generated { path: "docs/iam-policy.json", text: pretty(&iam_policy()) },
        Generated { path: "docs/schemas/diff.schema.json", text: pretty(&diff_schema()) },
    ]
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

const NOTE: &str = "Generated from the code; a test compares it (`integration-tests/it/generated.rs` says how to make it anew).";

/// The command line: help of every verb, and the exit codes.
fn cli() -> String {
    let mut out = format!("# The command line\n\n{NOTE}\n\n");
    let mut root = Cli::command().term_width(100);
    root.build();
    line!(out, "```\n{}\n```", lines(&root.render_long_help().to_string()));
    verbs(&mut out, &root, "clctl");
    out.push_str("\n## Exit codes\n\nOf several environments, the greatest wins.\n\n| code | meaning |\n|---|---|\n");
    for exit in Exit::ALL {
        line!(out, "| {} | {} |", exit.code(), exit.meaning());
    }
    out.push_str(
        "\n## Output\n\nData goes to standard output, everything said about it to standard error. In the sandbox every output says so: text and \
         Markdown begin with SANDBOX, JSON and YAML have `sandbox: true`, and where there are only names standard error says it. JSON has a \
         `formatVersion`; within one, fields are only ever added. For one environment `-o json` prints an object, for several a list. The schema of \
         `diff -o json`: [diff.schema.json](schemas/diff.schema.json).\n",
    );
    out
}

fn verbs(out: &mut String, of: &clap::Command, path: &str) {
    for verb in of.get_subcommands() {
        let path = format!("{path} {}", verb.get_name());
        // What every verb takes is said once.
        let mut verb = verb
            .clone()
            .term_width(100)
            .mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
        let help = lines(&verb.render_long_help().to_string());
        line!(out, "\n## {path}\n\n```\n{help}\n```");
        verbs(out, &verb, &path);
    }
}

/// Without blanks at the ends of lines.
fn lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

/// Every field of the spec, as `clctl explain` has it.
fn spec_reference() -> String {
    let mut out = format!(
        "# node.yaml\n\n{NOTE}\n\nEvery field, as `clctl explain` has it. A change *in place* is made and nobody notices; one *in place, and interrupts* \
         stops something meanwhile; one *by replacing* makes something anew; one that is *refused* is not made at all. What has a \
         default need not be written.\n\n"
    );
    for path in ["metadata", "spec"] {
        if let Ok(explained) = clctl_spec::explain(path) {
            out.push_str(&reference(&explained, 2));
        }
    }
    format!("{}\n", out.trim_end())
}

/// What each alarm means, and what to do.
fn alarms() -> String {
    let mut out = format!(
        "# Alarms\n\n{NOTE}\n\nWhat may go wrong, one alarm for each. Every alarm reaches the topic of the environment, and from there `nodes.adminEmail`, \
         `monitoring.emails` and `monitoring.topicArn`; it is told once more when it is over. `monitoring.alarms.enabled: false` makes none. What RDS tells of \
         the database reaches the same topic: failovers, failures, maintenance, low storage and backups, of which there is no metric.\n\n\
         Who is to get e-mails is asked by AWS, once: `clctl get` says who has not confirmed yet. AWS forgets a question after two days, and nobody is asked \
         twice: take the address out of the file, apply, and write it again.\n"
    );
    for about in ALARMS {
        let of = about.of.map(|of| format!("-<{of}>")).unwrap_or_default();
        line!(
            out,
            "\n## {name}\n\n`clctl-<environment>-alarm-{name}{of}`\n\n{}\n\nWrong is: {}.\n\nWhat to do: {}",
            about.means,
            about.limit,
            about.remedy,
            name = about.name
        );
    }
    out
}

/// The codes of problems.
fn problems() -> String {
    let mut out = format!(
        "# Problems\n\n{NOTE}\n\nWhat can be wrong with a file. Codes are stable: `clctl validate -o report` has them beside file, line, column and field. An \
         error makes a file unusable, and nothing is done for any other file of the same command; a warning does not.\n\n\
         | code | severity | meaning |\n|---|---|---|\n"
    );
    for code in Code::ALL {
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let meaning = code.explanation().split_whitespace().collect::<Vec<_>>().join(" ");
        line!(out, "| `{code}` | {severity} | {meaning} |");
    }
    out
}

/// The `CustomResourceDefinition`.
fn crd() -> String {
    let yaml = serde_saphyr::to_string(&clctl_spec::crd()).unwrap_or_default();
    format!("# Generated from the code: `clctl schema --crd -o yaml`.\n{}\n", yaml.trim_end())
}

/// The kinds of objects, and what a change of each field costs.
fn kinds_table() -> String {
    let mut out = format!(
        "# Kinds\n\n{NOTE}\n\nWhat clctl makes, one section per kind. A change *in place* is set and nobody notices; one that *interrupts* is set, and \
         something stops meanwhile; *replace* needs a new object; *refuse* is never made.\n"
    );
    for kind in kinds::all().iter() {
        let about = kind.about();
        let replacement = match about.replacement {
            Replacement::CreateFirst => "the new one first, where the two can exist together",
            Replacement::DeleteFirst => "the old one first: the two cannot exist together",
            Replacement::Never => "never",
        };
        let creation = match about.creation {
            Creation::Bare => "recorded intent, marker and wait",
            Creation::Token => "client token",
            Creation::Key => "natural key",
            Creation::Facet => "begins with its parent",
        };
        line!(
            out,
            "\n## {}\n\n{}. Stands for `{}`.\n\n| field | a change of it |\n|---|---|",
            about.name,
            about.summary,
            about.cloudformation
        );
        for (field, cost) in kind.fields() {
            let cost = match cost {
                OnChange::InPlace => "in place",
                OnChange::Interrupts => "interrupts",
                OnChange::Replace => "replace",
                OnChange::Refuse => "refuse",
            };
            line!(out, "| `{field}` | {cost} |");
        }
        let code = |calls: &[&str]| {
            let calls: Vec<String> = calls.iter().map(|call| format!("`{call}`")).collect();
            calls.join(", ")
        };
        line!(
            out,
            "\n- replacement: {replacement}; meanwhile {}\n- made once by: {creation}\n- typical: made in {} s, removed in {} s; called stuck after {} min\n- reads: {}\n- writes: {}",
            about.outage,
            about.typical.as_secs(),
            about.typical_removal.as_secs(),
            about.patience.as_secs() / 60,
            code(about.calls.read),
            code(about.calls.write)
        );
    }
    out
}

/// The permissions clctl needs, and no more.
fn iam_policy() -> Value {
    // Where the names of an environment are is in parameters as well.
    let marker = [
        "arn:*:ssm:*:*:parameter/clctl/*/intent",
        "arn:*:ssm:*:*:parameter/clctl/*/dns-record",
        "arn:*:ssm:*:*:parameter/clctl/*/dns-record/*",
    ];
    // Those who launch hand roles on, and those who have a group launch are asked as if they did it themselves.
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html
    let services = ["backup.amazonaws.com", "ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com"];
    let split = |calls: Vec<&'static str>| -> (Vec<&'static str>, Vec<&'static str>) {
        calls.into_iter().partition(|call| call.starts_with("ssm:"))
    };
    let (marker_reads, reads) = split(kinds::reads());
    let (marker_writes, writes) = split(kinds::writes());
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Sid": "ClctlReads", "Effect": "Allow", "Action": reads, "Resource": "*" },
            { "Sid": "ClctlReadsItsMarker", "Effect": "Allow", "Action": marker_reads, "Resource": marker },
            { "Sid": "ClctlLooksUpImages", "Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": [PARAMETERS] },
            { "Sid": "ClctlLaunches", "Effect": "Allow", "Action": ["ec2:RunInstances"], "Resource": "*" },
            { "Sid": "ClctlHandsRolesOn", "Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "*",
              "Condition": { "StringEquals": { "iam:PassedToService": services } } },
            { "Sid": "ClctlWrites", "Effect": "Allow", "Action": writes, "Resource": "*" },
            // Whoever puts a value into a secret, or takes one out, is asked as if they used its key themselves.
            // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
            { "Sid": "ClctlEncryptsSecrets", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*",
              "Condition": { "StringLike": { "kms:ViaService": "secretsmanager.*.amazonaws.com" } } },
            // DevOps Guru adds to the policy of a topic in the name of whoever tells it to publish there.
            // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondevopsguru.html
            { "Sid": "ClctlAddsChannels", "Effect": "Allow", "Action": ["sns:Publish"], "Resource": "arn:*:sns:*:*:clctl-*" },
            // https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html#backup-api-permissions-ref
            { "Sid": "ClctlMakesVaults", "Effect": "Allow", "Action": ["backup-storage:MountCapsule"], "Resource": "*" },
            { "Sid": "ClctlEncryptsVaults", "Effect": "Allow",
              "Action": ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:RetireGrant"], "Resource": "*",
              "Condition": { "StringLike": { "kms:ViaService": "backup.*.amazonaws.com" } } },
            { "Sid": "ClctlWritesItsMarker", "Effect": "Allow", "Action": marker_writes, "Resource": marker },
        ],
    })
}

/// The schema of `diff -o json`.
fn diff_schema() -> Value {
    let mut schema = schemars::schema_for!(PlanView).to_value();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".into(), "clctl diff -o json".into());
    }
    schema
}
