//! Releases of the Chainlink node: their images, and what each runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    at::{At, Optional},
    bounded::List,
    chapter::{chapter, in_place, interrupts},
    form::leaf,
    log::{Log, Quoted},
    names::{Fixed, NameError, name},
    problem::{Code, Draft},
};

/// A release, and the digest of its image in Docker Hub and ECR Public alike.
struct Release {
    version: &'static str,
    digest: Option<&'static str>,
}

/// The releases this clctl knows, newest first, from their pages on GitHub as of 2026-11-22.
const RELEASES: [Release; 7] = [
    Release {
        version: "2.73.0",
        digest: Some("sha256:993029b4188aaa2ea71ae93e943cb7f73715a9a110a9db02c7e75a755b77ef13"),
    },
    Release {
        version: "2.72.0",
        digest: Some("sha256:7d8302f8133866302c1dbe08739bd6fb86780d34018cc43a76c3d01b2ea1da3b"),
    },
    Release { version: "2.69.0", digest: None },
    Release {
        version: "2.64.0",
        digest: Some("sha256:f4b9e52e798543f60c0f9a7e7d0b8dfd8eb2d77a1eaa7b82329cf02217a4fc7c"),
    },
    Release {
        version: "2.54.0",
        digest: Some("sha256:707ef2cd43456aa2f8a290a997147c49d32d5b77fe0f882f6b017ccf0f861ecf"),
    },
    Release {
        version: "2.51.0",
        digest: Some("sha256:cb248a5182589b38347e2d3959851e2c7970dd782c96cc4f7e52e5d70f84f763"),
    },
    Release {
        version: "2.43.0",
        digest: Some("sha256:5a1657dc23b8141f558d5b09873e238ffaf51bf16b6e7a219da04f454f5ea9de"),
    },
];

const DEFAULT: &str = "2.73.0";
/// Before this release the node was configured by other means than those clctl renders.
const OLDEST: (u32, u32, u32) = (2, 0, 0);

/// Kinds of jobs that some release has removed.
struct Removal {
    job: JobType,
    since: (u32, u32, u32),
    /// Where that is said.
    source: &'static str,
}

const REMOVALS: [Removal; 5] = [
    Removal {
        job: JobType::Directrequest,
        since: (2, 48, 0),
        source: "smartcontractkit/chainlink#22331",
    },
    Removal {
        job: JobType::Fluxmonitor,
        since: (2, 48, 0),
        source: "smartcontractkit/chainlink#22331",
    },
    Removal { job: JobType::Webhook, since: (2, 50, 0), source: "the changelog of 2026-05-29" },
    Removal { job: JobType::Keeper, since: (2, 64, 0), source: "smartcontractkit/chainlink#23605" },
    Removal { job: JobType::Vrfv2, since: (2, 69, 0), source: "smartcontractkit/chainlink#23931" },
];

const IMAGES: &str = "https://docs.chain.link/chainlink-nodes/v1/running-a-chainlink-node";
const GITHUB: &str = "https://github.com/smartcontractkit/chainlink/releases";
const JOBS: &str = "https://docs.chain.link/chainlink-nodes/oracle-jobs/all-jobs";
const ROLLS: &str = "the nodes are replaced, the standby first, after a snapshot of the database: silent for one handover";

/// A kind of job, as in the `type` of a job specification; VRF by its version.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum JobType {
    /// Off-chain reporting (OCR).
    Offchainreporting,
    /// Off-chain reporting 2 (OCR2, OCR3).
    Offchainreporting2,
    /// Bootstrap nodes of OCR2.
    Bootstrap,
    /// Cross-chain interoperability protocol.
    Ccip,
    /// Jobs that run by the clock.
    Cron,
    /// Chainlink Runtime Environment workflows.
    Workflow,
    /// Capabilities of the Chainlink Runtime Environment.
    Standardcapabilities,
    /// Gateways of the Chainlink Runtime Environment.
    Gateway,
    /// Streams of Data Streams.
    Stream,
    /// Settings of the Chainlink Runtime Environment.
    Cresettings,
    /// Verifiers of cross-chain committees.
    Ccvcommitteeverifier,
    /// Executors of cross-chain verification.
    Ccvexecutor,
    /// Storing hashes of blocks, for VRF.
    Blockhashstore,
    /// Feeding headers of blocks, for VRF.
    Blockheaderfeeder,
    /// Verifiable random function 2.5.
    Vrfv2plus,
    /// Verifiable random function 2. Until release 2.68.
    Vrfv2,
    /// Chainlink Automation. Until release 2.63.
    Keeper,
    /// Jobs that are called over HTTP. Until release 2.49.
    Webhook,
    /// Direct requests: API calls through an operator contract. Until release 2.47.
    Directrequest,
    /// Flux monitor. Until release 2.47.
    Fluxmonitor,
}

leaf!(JobType);

impl JobType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Offchainreporting => "offchainreporting",
            Self::Offchainreporting2 => "offchainreporting2",
            Self::Bootstrap => "bootstrap",
            Self::Ccip => "ccip",
            Self::Cron => "cron",
            Self::Workflow => "workflow",
            Self::Standardcapabilities => "standardcapabilities",
            Self::Gateway => "gateway",
            Self::Stream => "stream",
            Self::Cresettings => "cresettings",
            Self::Ccvcommitteeverifier => "ccvcommitteeverifier",
            Self::Ccvexecutor => "ccvexecutor",
            Self::Blockhashstore => "blockhashstore",
            Self::Blockheaderfeeder => "blockheaderfeeder",
            Self::Vrfv2plus => "vrfv2plus",
            Self::Vrfv2 => "vrfv2",
            Self::Keeper => "keeper",
            Self::Webhook => "webhook",
            Self::Directrequest => "directrequest",
            Self::Fluxmonitor => "fluxmonitor",
        }
    }
}

chapter! {
    /// Which release of the Chainlink node runs.
    pub struct Chainlink, ChainlinkFields, check check {
        optional {
            /// The kinds of jobs this node is to run. clctl refuses a release that lacks one of them, and does not
            /// warn of any other it lacks.
            job_types: List<JobType, 0, 20>, in_place(JOBS).effect("nothing in AWS changes");
        }
        default {
            /// The release. A newer one changes the database, and an older one does not start with it any more:
            /// the way back is the snapshot that is taken before. The last with direct requests and flux monitors is
            /// 2.47, with webhooks 2.49, with Automation 2.63, with VRF 2 2.68. Another than those clctl knows
            /// (2.73.0, 2.72.0, 2.64.0, 2.54.0, 2.51.0, 2.43.0) needs its `digest`.
            version: ChainlinkVersion = ChainlinkVersion::fixed(DEFAULT), interrupts(ROLLS, GITHUB);
            /// The repository the image is taken from. It is pinned by its digest, whatever that is.
            repository: Repository = Repository::fixed("public.ecr.aws/chainlink/chainlink"), interrupts(ROLLS, IMAGES);
        }
        derived {
            /// The digest of the image: what runs is exactly this. Known for some releases; for others it is on
            /// the page of the release.
            digest: Digest = |chainlink| known_digest(&chainlink.version).map(Digest::fixed),
                interrupts(ROLLS, GITHUB).by_default("that of the release, where it is known");
        }
    }
}

name! {
    /// A release of the Chainlink node.
    ChainlinkVersion, pattern "^(0|[1-9][0-9]{0,4})[.](0|[1-9][0-9]{0,4})[.](0|[1-9][0-9]{0,4})$", longest 17, |text| {
        if numbers(text).is_some() {
            return Ok(());
        }
        let message = format!("{} is not a release of Chainlink", Quoted(text));
        let help = match text.strip_prefix('v').filter(|rest| numbers(rest).is_some()) {
            Some(rest) => format!("write it without the `v`: `{rest}`"),
            None if text == "latest" => format!("say which: an environment is what its file says, for example `{DEFAULT}`"),
            None => format!("it has three numbers, for example `{DEFAULT}`"),
        };
        Err(NameError::new(message, help))
    }
}

name! {
    /// The digest of an image.
    Digest, pattern "^sha256:[0-9a-f]{64}$", longest 71, |text| {
        let is_digest = text.strip_prefix("sha256:").is_some_and(|digits| {
            digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        });
        if is_digest {
            return Ok(());
        }
        let message = format!("{} is not the digest of an image", Quoted(text));
        Err(NameError::new(message, "it is `sha256:` and 64 hexadecimal digits in lower case"))
    }
}

name! {
    /// A repository of images, without a tag or digest.
    Repository, pattern "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)+$", longest 255, |text| {
        let is_part = |part: &str, beside: &[u8]| {
            let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            ends(part.bytes().next())
                && ends(part.bytes().next_back())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || beside.contains(&b))
        };
        let is_number = |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
        let (host, path) = text.split_once('/').unwrap_or((text, ""));
        let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
        let is_repository = text.len() <= 255
            && is_part(name, b".-")
            && port.is_none_or(is_number)
            && path.split('/').all(|part| is_part(part, b"._-"));
        if is_repository {
            return Ok(());
        }
        let message = format!("{} is not a repository of images", Quoted(text));
        let help = if path.contains([':', '@']) {
            "leave out the tag and the digest: they are `version` and `digest`"
        } else {
            "it looks like `public.ecr.aws/chainlink/chainlink`"
        };
        Err(NameError::new(message, help))
    }
}

fn numbers(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| {
        let is_number = (1..=5).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'));
        if is_number { part.parse().ok() } else { None }
    });
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

impl ChainlinkVersion {
    /// Its three numbers, which are how releases are ordered.
    pub fn numbers(&self) -> (u32, u32, u32) {
        numbers(self.as_str()).unwrap_or_default()
    }
}

fn known(version: &str) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.version == version)
}

fn known_digest(written: &Optional<ChainlinkVersion>) -> Option<&'static str> {
    known(written.or(ChainlinkVersion::fixed(DEFAULT))?.as_str())?.digest
}

fn check(written: &At<ChainlinkFields>, log: &Log) {
    let fields = &written.value;
    let Some(version) = fields.version.or(ChainlinkVersion::fixed(DEFAULT)) else { return };
    let at = fields.version.given().map(|at| at.span);
    if let Some(at) = at {
        check_known(&version, at, &fields.digest, log);
    }
    check_jobs(&version, at, &fields.job_types.0, log);
    let known = known(version.as_str()).and_then(|release| release.digest);
    if let (Some(digest), Some(known)) = (fields.digest.given(), known)
        && digest.value.as_str() != known
    {
        let other = RELEASES.iter().find(|release| release.digest == Some(digest.value.as_str()));
        if let Some(other) = other {
            let message =
                format!("this is the image of Chainlink {}, not of {version}", other.version);
            let draft =
                Draft::new(Code::Conflict, digest.span, message).label("of another release");
            log.report(
                draft.help(format!("write `version: {}`, or leave the digest out", other.version)),
            );
            return;
        }
        let message = format!("this is another image than that of Chainlink {version}");
        let draft = Draft::new(Code::OtherDigest, digest.span, message).label("another digest");
        log.report(draft.help(format!(
            "the release has {known}; if you mean an image of your own, check what is in it"
        )));
    }
}

fn check_known(
    version: &ChainlinkVersion,
    at: crate::tree::Span,
    digest: &Optional<Digest>,
    log: &Log,
) {
    if version.numbers() < OLDEST {
        let message =
            format!("Chainlink {version} is configured in another way than clctl does it");
        let draft = Draft::new(Code::ChainlinkTooOld, at, message).label("too old");
        log.report(draft.help(format!("take 2.0.0 or newer, for example {DEFAULT}")));
        return;
    }
    let release = known(version.as_str());
    if release.is_none() {
        let message = format!("this clctl does not know Chainlink {version}");
        let draft = Draft::new(Code::ChainlinkUnknown, at, message).label("not known");
        let versions: Vec<&str> = RELEASES.iter().map(|release| release.version).collect();
        log.report(draft.help(format!(
            "it knows {}; of another, its page on GitHub says what it needs",
            versions.join(", ")
        )));
    }
    if matches!(digest, Optional::Absent) && release.is_none_or(|release| release.digest.is_none())
    {
        let message = format!("the image of Chainlink {version} is not pinned");
        let draft = Draft::new(Code::NoDigest, at, message).label("no digest known");
        log.report(draft.help(
            "add `digest: sha256:…` from the page of the release: a tag can come to mean another image",
        ));
    }
}

fn check_jobs(
    version: &ChainlinkVersion,
    at: Option<crate::tree::Span>,
    declared: &Optional<crate::bounded::Listed<JobType, 0, 20>>,
    log: &Log,
) {
    let lacking: Vec<&Removal> =
        REMOVALS.iter().filter(|removal| version.numbers() >= removal.since).collect();
    let last = |removal: &Removal| format!("{}.{}", removal.since.0, removal.since.1 - 1);
    match declared {
        Optional::Given(declared) => {
            for job in declared.value.readable() {
                let Some(removal) = lacking.iter().find(|removal| removal.job == job.value) else {
                    continue;
                };
                let name = job.value.as_str();
                let message = format!("Chainlink {version} runs no {name} jobs");
                let draft =
                    Draft::new(Code::JobTypeRemoved, job.span, message).label("not any more");
                let draft = match at {
                    Some(at) => draft.also(at, "this release"),
                    None => draft,
                };
                let runs = RELEASES.iter().map(|release| release.version);
                let newest =
                    runs.into_iter().find(|it| numbers(it).is_some_and(|it| it < removal.since));
                let newest = newest.unwrap_or("an older one");
                log.report(draft.help(format!(
                    "{} was the last to run them ({}): write `version: {newest}`, the newest this clctl knows that does, or leave the jobs out",
                    last(removal),
                    removal.source
                )));
            }
        }
        Optional::Absent => {
            // A release somebody has chosen; of the default, `clctl explain` says it.
            let Some(at) = at.filter(|_| !lacking.is_empty()) else { return };
            let names: Vec<&str> = lacking.iter().map(|removal| removal.job.as_str()).collect();
            let message = format!("Chainlink {version} runs no jobs of some kinds any more");
            let label = format!("no {}", names.join(", "));
            let draft = Draft::new(Code::JobTypesLacking, at, message).label(label);
            log.report(draft.help(
                "say which kinds you run in `jobTypes`, and clctl refuses a release that lacks one of them",
            ));
        }
        Optional::Broken => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_releases_are_in_order_and_pinned() {
        let versions: Vec<_> = RELEASES.iter().map(|release| numbers(release.version)).collect();
        assert!(versions.iter().all(Option::is_some));
        assert!(versions.is_sorted_by(|a, b| a > b));
        for digest in RELEASES.iter().filter_map(|release| release.digest) {
            assert!(digest.parse::<Digest>().is_ok(), "{digest}");
        }
        assert!(known_digest(&Optional::Absent).is_some());
    }
}
