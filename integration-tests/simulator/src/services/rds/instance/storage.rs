//! The storage of an instance.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html>: gp3 has a baseline of
//! 3,000 operations and 125 MiB/s below 400 GiB, which is not to be chosen, and 12,000 and 500 from
//! there on.

use serde::{Deserialize, Serialize};

use crate::{fault::Fault, services::rds::call::Call};

/// From here on gp3's performance can be chosen.
const STRIPED: u32 = 400;
const MOST: u32 = 65_536;

/// The storage of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::services::rds) struct Storage {
    pub(in crate::services::rds) kind: String,
    pub(in crate::services::rds) gib: u32,
    pub(in crate::services::rds) iops: Option<u32>,
    pub(in crate::services::rds) throughput: u32,
    /// As far as it may grow by itself.
    pub(in crate::services::rds) most: Option<u32>,
}

/// What a request says of storage.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) kind: Option<String>,
    pub(super) gib: Option<u32>,
    pub(super) iops: Option<u32>,
    pub(super) throughput: Option<u32>,
    pub(super) most: Option<u32>,
}

impl Wanted {
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Self {
            kind: call.text("StorageType"),
            gib: call.number("AllocatedStorage")?,
            iops: call.number("Iops")?,
            throughput: call.number("StorageThroughput")?,
            most: call.number("MaxAllocatedStorage")?,
        })
    }

    /// Whether it asks for another volume (how far it may grow is none).
    pub(super) fn is_change(&self) -> bool {
        self.kind.is_some()
            || self.gib.is_some()
            || self.iops.is_some()
            || self.throughput.is_some()
    }
}

impl Storage {
    /// The volume of Aurora: the cluster's.
    pub(super) fn of_cluster() -> Self {
        Self { kind: "aurora".to_owned(), gib: 1, iops: None, throughput: 0, most: None }
    }

    /// The storage of a new instance.
    ///
    /// The reference says that gp3 is the default, `CloudFormation` and Terraform saw gp2.
    pub(super) fn new(call: &Call<'_>, wanted: &Wanted) -> Result<Self, Fault> {
        let default = match (wanted.iops, call.settings.disputed("default-storage-type", 2)) {
            (Some(_), _) => "io1",
            (None, 0) => "gp2",
            (None, _) => "gp3",
        };
        let kind = wanted.kind.clone().unwrap_or_else(|| default.to_owned());
        let Some(gib) = wanted.gib else {
            return Err(Fault::invalid(format!(
                "Invalid storage size for engine name postgres and storage type {kind}: null"
            )));
        };
        let storage = Self::checked(kind, gib, wanted.iops, wanted.throughput)?;
        storage.grow_to(wanted.most)
    }

    fn checked(
        kind: String,
        gib: u32,
        iops: Option<u32>,
        throughput: Option<u32>,
    ) -> Result<Self, Fault> {
        let least = match kind.as_str() {
            "gp2" | "gp3" => 20,
            "io1" | "io2" => 100,
            "standard" => return Err(Fault::unsupported("magnetic storage")),
            _ => return Err(Fault::invalid(format!("Invalid storage type: {kind}"))),
        };
        if !(least..=MOST).contains(&gib) {
            return Err(Fault::invalid(format!(
                "Invalid storage size for engine name postgres and storage type {kind}: {gib}"
            )));
        }
        let refused = |text: String| Err(Fault::combination(text));
        let (iops, throughput) = match kind.as_str() {
            "gp2" if iops.is_some() || throughput.is_some() => {
                return refused(
                    "You can't specify IOPS or storage throughput for storage type gp2.".to_owned(),
                );
            }
            "gp2" => (None, 0),
            "gp3" if gib < STRIPED => {
                if iops.is_some() || throughput.is_some() {
                    return refused(format!(
                        "You can't specify IOPS or storage throughput for engine postgres and a \
                         storage size less than {STRIPED}."
                    ));
                }
                (Some(3_000), 125)
            }
            "gp3" => {
                let (iops, throughput) = (iops.unwrap_or(12_000), throughput.unwrap_or(500));
                if !(12_000..=64_000).contains(&iops) || !(500..=4_000).contains(&throughput) {
                    return refused(format!(
                        "The specified IOPS ({iops}) or storage throughput ({throughput}) is not \
                         supported for storage type gp3."
                    ));
                }
                (Some(iops), throughput)
            }
            _ => {
                if throughput.is_some() {
                    return refused(format!(
                        "You can't specify storage throughput for storage type {kind}."
                    ));
                }
                let Some(iops) = iops else {
                    return refused(format!("You must specify IOPS for storage type {kind}."));
                };
                let most = gib.saturating_mul(50).min(256_000);
                if iops < 1_000 || iops > most || iops.saturating_mul(2) < gib {
                    return refused(format!(
                        "The IOPS to GiB ratio must be between 0.5 and 50: {iops} for {gib} GiB"
                    ));
                }
                (Some(iops), 0)
            }
        };
        Ok(Self { kind, gib, iops, throughput, most: None })
    }

    /// The same, which may grow by itself; as far as it is already is not at all.
    pub(super) fn grow_to(mut self, most: Option<u32>) -> Result<Self, Fault> {
        let Some(most) = most else { return Ok(self) };
        if most < self.gib || most > MOST {
            return Err(Fault::combination("Max storage size must be greater than storage size"));
        }
        let enough = u64::from(most) * 10 >= u64::from(self.gib) * 11;
        if most > self.gib && !enough {
            return Err(Fault::combination(
                "Max storage size must be at least 10% greater than the storage size",
            ));
        }
        self.most = (most > self.gib).then_some(most);
        Ok(self)
    }

    /// What becomes of it by a change: it never shrinks, and grows by a tenth at least.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>
    pub(super) fn changed(&self, wanted: &Wanted) -> Result<Self, Fault> {
        let mut gib = self.gib;
        if let Some(more) = wanted.gib {
            if more < self.gib {
                return Err(Fault::invalid(format!(
                    "Invalid storage size for engine name postgres and storage type {}: {more}. \
                     Storage cannot be reduced.",
                    self.kind
                )));
            }
            if more > self.gib {
                gib = more.max(self.gib.saturating_add(self.gib.div_ceil(10)));
            }
        }
        let kind = wanted.kind.clone().unwrap_or_else(|| self.kind.clone());
        let kept = kind == self.kind && (kind.starts_with("io") || self.gib >= STRIPED);
        let iops = wanted.iops.or(if kept && kind != "gp2" { self.iops } else { None });
        let gp3 = kept && kind == "gp3";
        let throughput = wanted.throughput.or(gp3.then_some(self.throughput));
        let mut new = Self::checked(kind, gib, iops, throughput)?;
        new.most = self.most.filter(|it| *it > gib);
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(
        kind: &str,
        gib: u32,
        iops: Option<u32>,
        through: Option<u32>,
    ) -> Result<Storage, String> {
        Storage::checked(kind.to_owned(), gib, iops, through).map_err(|it| it.code.to_string())
    }

    #[test]
    fn gp3_performs_as_its_size_lets_it() {
        let small = make("gp3", 100, None, None).unwrap();
        assert_eq!((small.iops, small.throughput), (Some(3_000), 125));
        let large = make("gp3", 400, None, None).unwrap();
        assert_eq!((large.iops, large.throughput), (Some(12_000), 500));
        assert!(make("gp3", 100, Some(3_000), None).is_err());
        assert!(make("gp3", 400, Some(3_000), None).is_err());
    }

    #[test]
    fn sizes_and_kinds_are_within_their_limits() {
        for (kind, gib, iops) in
            [("gp2", 19, None), ("io1", 99, Some(1_000)), ("io1", 100, None), ("x", 20, None)]
        {
            assert!(make(kind, gib, iops, None).is_err(), "{kind} {gib}");
        }
        assert!(make("io1", 100, Some(1_000), None).is_ok());
        assert!(make("io1", 100, Some(5_001), None).is_err());
        assert!(make("gp2", 20, Some(1_000), None).is_err());
    }

    #[test]
    fn it_never_shrinks_and_grows_by_a_tenth() {
        let storage = make("gp3", 100, None, None).unwrap();
        let to = |gib| storage.changed(&Wanted { gib: Some(gib), ..Wanted::default() });
        assert_eq!(to(101).map(|it| it.gib), Ok(110));
        assert_eq!(to(100).map(|it| it.gib), Ok(100));
        assert_eq!(to(400).map(|it| it.iops), Ok(Some(12_000)));
        assert!(to(99).is_err());
        assert!(storage.clone().grow_to(Some(105)).is_err());
        assert_eq!(storage.clone().grow_to(Some(100)).map(|it| it.most), Ok(None));
        assert_eq!(storage.grow_to(Some(110)).map(|it| it.most), Ok(Some(110)));
    }
}
