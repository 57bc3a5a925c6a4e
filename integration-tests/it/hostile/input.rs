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
        let (reads, writes) = (kinds::reads(), kinds::writes());
        let mut attacks = Vec::new();
        while !bytes.0.is_empty() && attacks.len() < ATTACKS {
            let operation = match bytes.byte() {
                NAMES => None,
                code @ 0..NAMES => named(code, &reads),
                code @ 128.. => named(code - 128, &writes),
            };
            let (after, times) = (bytes.byte(), bytes.byte());
            attacks.push(Attack { operation, after, times, spoil: Spoil::read(&mut bytes) });
        }
        Self { verb, scene, attacks }
    }
}

/// How many operations of a sort can be named.
const NAMES: u8 = 127;

/// The operation of that code, which its name alone decides, so that bytes mean the same when there are
/// more operations. Of those whose names make the same code the first has it, and each other the next
/// one that is free; a code that is left over means some operation.
fn named(code: u8, all: &[&'static str]) -> Option<&'static str> {
    let sum = |name: &str| name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31) ^ byte) % NAMES;
    let mut names: BTreeMap<u8, &'static str> = BTreeMap::new();
    let mut late = Vec::new();
    for name in all {
        match names.entry(sum(name)) {
            Entry::Vacant(free) => drop(free.insert(name)),
            Entry::Occupied(_) => late.push(*name),
        }
    }
    for name in late {
        let mut codes = (0..NAMES).map(|n| (sum(name) + n) % NAMES);
        if let Some(free) = codes.find(|code| !names.contains_key(code)) {
            names.insert(free, name);
        }
    }
    names.get(&code).or(all.get(usize::from(code) % all.len())).copied()
}
