//! Bytes as a run: the first is verb and scene, then attack follows attack.

use std::collections::{BTreeMap, btree_map::Entry};

use clctl::aws::kinds;

use super::Spoil;

/// What clctl is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Diff,
    Apply,
    Delete,
}

/// What there is before it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scene {
    /// One object of each kind, as declared.
    Standing,
    /// The same, changed by others.
    Drifted,
    /// Nothing of ours.
    Empty,
    /// `examples/node.yaml`, as declared.
    Example,
}

/// Which answers are spoilt, and how.
#[derive(Clone, Debug)]
pub(crate) struct Attack {
    /// To this operation; to any read if there is none.
    pub(crate) operation: Option<&'static str>,
    /// How many of these answers are left alone.
    pub(crate) after: u8,
    /// How many are spoilt; 255 is all.
    pub(crate) times: u8,
    pub(crate) spoil: Spoil,
}

#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) verb: Verb,
    pub(crate) scene: Scene,
    pub(crate) attacks: Vec<Attack>,
}

/// More attacks than this make a run slower, and no other.
const ATTACKS: usize = 12;

/// Takes numbers off the front; zeros where there are none left.
pub(super) struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(super) fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// As many bytes as the next one says.
    pub(super) fn text(&mut self) -> Vec<u8> {
        let length = usize::from(self.byte()).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        text.to_vec()
    }
}

impl Input {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut bytes = Bytes(bytes);
        let first = bytes.byte();
        let verb = match first % 3 {
            0 => Verb::Diff,
            1 => Verb::Apply,
            _ => Verb::Delete,
        };
        let scene = match first / 3 % 4 {
            0 => Scene::Standing,
            1 => Scene::Drifted,
            2 => Scene::Empty,
            _ => Scene::Example,
        };
        let operations = Operations::of(&kinds::reads(), &kinds::writes());
        let mut attacks = Vec::new();
        while !bytes.0.is_empty() && attacks.len() < ATTACKS {
            let operation = match bytes.byte() {
                NAMES => None,
                LATE => operations.late(bytes.byte()),
                code => operations.named(code),
            };
            let (after, times) = (bytes.byte(), bytes.byte());
            attacks.push(Attack { operation, after, times, spoil: Spoil::read(&mut bytes) });
        }
        Self { verb, scene, attacks }
    }
}

/// How many operations of a sort can be named.
const NAMES: u8 = 127;
/// What stands before the code of an operation that has none of its own.
const LATE: u8 = u8::MAX;

/// The operations by their codes, which their names alone decide, so that bytes mean the same when there are more
/// operations: reads first, writes behind them.
///
/// Of those whose names make the same code the first has it, and each other the next one that is free; a code that is
/// left over means some operation.
struct Operations {
    names: BTreeMap<u8, &'static str>,
    all: Vec<&'static str>,
    /// Those for which there is no code.
    late: Vec<&'static str>,
}

impl Operations {
    fn of(reads: &[&'static str], writes: &[&'static str]) -> Self {
        let all = reads.iter().chain(writes).copied().collect();
        let mut operations = Self { names: BTreeMap::new(), all, late: Vec::new() };
        let crowded = [operations.place(reads, 0), operations.place(writes, NAMES + 1)];
        // There are more of one sort than it has codes.
        for name in crowded.concat() {
            match (0..NAMES).find(|code| !operations.names.contains_key(code)) {
                Some(free) => drop(operations.names.insert(free, name)),
                None => operations.late.push(name),
            }
        }
        operations
    }

    /// Gives a sort its codes, from that one on, and says who has none.
    fn place(&mut self, sort: &[&'static str], from: u8) -> Vec<&'static str> {
        let sum =
            |name: &str| name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31) ^ byte) % NAMES;
        let mut late = Vec::new();
        for name in sort {
            match self.names.entry(from + sum(name)) {
                Entry::Vacant(free) => drop(free.insert(name)),
                Entry::Occupied(_) => late.push(*name),
            }
        }
        late.retain(|name| {
            let mut codes = (0..NAMES).map(|n| from + (sum(name) + n) % NAMES);
            let free = codes.find(|code| !self.names.contains_key(code));
            free.is_none_or(|free| self.names.insert(free, name).is_some())
        });
        late
    }

    fn late(&self, code: u8) -> Option<&'static str> {
        self.late.get(usize::from(code) % self.late.len().max(1)).copied()
    }

    fn named(&self, code: u8) -> Option<&'static str> {
        let some = || self.all.get(usize::from(code) % self.all.len().max(1));
        self.names.get(&code).or_else(some).copied()
    }
}
