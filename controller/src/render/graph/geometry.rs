//! Points and boxes, in whole pixels.

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Point {
    /// From the left.
    pub(super) x: i32,
    /// From the top.
    pub(super) y: i32,
}

/// A box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rect {
    /// Its left side.
    pub(super) x: i32,
    /// Its upper side.
    pub(super) y: i32,
    /// Its width.
    pub(super) w: i32,
    /// Its height.
    pub(super) h: i32,
}

impl Rect {
    /// A box of that size there.
    pub(super) fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        Self { x, y, w, h }
    }

    /// Its right side.
    pub(super) fn right(self) -> i32 {
        self.x + self.w
    }

    /// Its lower side.
    pub(super) fn bottom(self) -> i32 {
        self.y + self.h
    }

    /// Its middle.
    pub(super) fn middle(self) -> Point {
        Point { x: self.x + self.w / 2, y: self.y + self.h / 2 }
    }

    /// The same box with that much more around it.
    pub(super) fn wider(self, by: i32) -> Self {
        Self { x: self.x - by, y: self.y - by, w: self.w + 2 * by, h: self.h + 2 * by }
    }

    /// Whether two boxes have anything in common but their borders.
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    /// Whether the other one is within it.
    pub(super) fn contains(self, other: Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    /// The box around two points.
    pub(super) fn around(a: Point, b: Point) -> Self {
        Self { x: a.x.min(b.x), y: a.y.min(b.y), w: (a.x - b.x).abs(), h: (a.y - b.y).abs() }
    }
}
