//! Whoever plays what runs on the instances of a world.
//!
//! Guests live in the world's own time: before anybody looks at the world they have lived up to that moment. So
//! nothing has to run beside it, and the same calls at the same times give the same world.

use crate::{Time, World};

/// Whoever plays what runs on the instances of a world.
pub trait Guests: Send {
    /// Lives until a moment, which is not before the world's time: lets the world's time go on step by step, as
    /// far as that moment, and acts in between.
    fn live(&mut self, world: &mut World, until: Time);

    /// What they have to remember from one process to the next; it is kept with a world in
    /// a file, and shown to nobody.
    fn memory(&self) -> String;

    /// Takes up where a memory ends; with an empty one, they begin anew.
    fn remember(&mut self, memory: &str);
}
