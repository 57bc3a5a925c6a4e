//! Ways of arrows: along the lines of the grid, around every box that is not theirs, with few corners.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::{
    geometry::{Point, Rect},
    layout::GRID,
    picture::{Drawn, Look, Picture, Route},
    traffic::Arrow,
};

/// What a step costs.
const STEP: u32 = 10;
const CORNER: u32 = 45;
const CROSSING: u32 = 35;
/// To run where another arrow runs.
const SHARED: u32 = 900;
/// Beside a box that it does not go to.
const NEAR: u32 = 4;
/// Beside another arrow, so that there is room between them.
const BESIDE: u32 = 6;
/// Over what is written.
const WRITTEN: u32 = 40;
/// Through or along what has others in it.
const WITHIN: u32 = 14;
/// For each step that it begins or ends beside the middle of a side, of what has nothing in it and of what has.
const ASKEW: u32 = 9;
const ASKEW_WITHIN: u32 = 3;

/// Directions: to the right, down, to the left, up.
const WAYS: [(i32, i32); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

/// Draws the way of every arrow whose ends are there.
pub(super) fn routes(picture: &Picture, arrows: &[Arrow]) -> Vec<Route> {
    let mut board = Board::of(picture);
    let boxes: BTreeMap<&str, End> =
        picture.boxes.iter().map(|it| (it.id.as_str(), End::of(it))).collect();
    let ends = |arrow: &Arrow| {
        let (from, to) = (boxes.get(arrow.from.as_str())?, boxes.get(arrow.to.as_str())?);
        (!from.rect.contains(to.rect) && !to.rect.contains(from.rect)).then_some((*from, *to))
    };
    // Those that have the shortest way go first: the others go around them.
    let mut order: Vec<(i32, usize)> = Vec::new();
    for (number, arrow) in arrows.iter().enumerate() {
        if let Some((from, to)) = ends(arrow) {
            let (a, b) = (from.rect.middle(), to.rect.middle());
            order.push(((a.x - b.x).abs() + (a.y - b.y).abs(), number));
        }
    }
    order.sort_unstable();
    let mut routes: BTreeMap<usize, Route> = BTreeMap::new();
    for (_, number) in order {
        let Some(arrow) = arrows.get(number) else { continue };
        let Some((from, to)) = ends(arrow) else { continue };
        let Some(points) = board.way(from, to) else { continue };
        board.take(&points);
        routes.insert(
            number,
            Route {
                from: arrow.from.clone(),
                to: arrow.to.clone(),
                points: corners(&points),
                label: arrow.label.clone(),
                pill: None,
                flow: arrow.flow,
            },
        );
    }
    routes.into_values().collect()
}

/// Where an arrow ends.
#[derive(Clone, Copy)]
struct End {
    rect: Rect,
    askew: u32,
}

impl End {
    fn of(drawn: &Drawn) -> Self {
        let askew = if drawn.look.is_leaf() { ASKEW } else { ASKEW_WITHIN };
        Self { rect: drawn.rect, askew }
    }
}

/// The points at which a way turns, and its ends.
fn corners(points: &[Point]) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for point in points {
        if let [.., before, last] = kept.as_slice() {
            let straight = (before.x == last.x && last.x == point.x)
                || (before.y == last.y && last.y == point.y);
            if straight {
                kept.pop();
            }
        }
        kept.push(*point);
    }
    kept
}

/// The lines of the grid, and what each of their crossings costs.
struct Board {
    columns: i32,
    rows: i32,
    blocked: Vec<bool>,
    cost: Vec<u32>,
    /// Where arrows run already, across and down.
    taken: Vec<[bool; 2]>,
}

impl Board {
    fn of(picture: &Picture) -> Self {
        let (columns, rows) = (picture.width / GRID + 1, picture.height / GRID + 1);
        let size = usize::try_from(columns * rows).unwrap_or_default();
        let mut board = Self {
            columns,
            rows,
            blocked: vec![false; size],
            cost: vec![0; size],
            taken: vec![[false; 2]; size],
        };
        for drawn in &picture.boxes {
            board.put(drawn);
        }
        board
    }

    fn put(&mut self, drawn: &Drawn) {
        if drawn.look.is_leaf() {
            self.add(drawn.rect.wider(GRID), NEAR);
            self.block(drawn.rect);
            return;
        }
        if drawn.look == Look::Band {
            self.add(drawn.rect, WITHIN);
        } else {
            let Rect { x, y, w, h } = drawn.rect;
            for side in [
                Rect::new(x, y, w, 0),
                Rect::new(x, y + h, w, 0),
                Rect::new(x, y, 0, h),
                Rect::new(x + w, y, 0, h),
            ] {
                self.add(side, WITHIN);
            }
        }
        for text in &drawn.texts {
            self.add(text.rect().wider(GRID / 2), WRITTEN);
        }
    }

    fn at(&self, column: i32, row: i32) -> Option<usize> {
        let inside = (0..self.columns).contains(&column) && (0..self.rows).contains(&row);
        inside.then(|| usize::try_from(row * self.columns + column).ok()).flatten()
    }

    /// The crossings in a box.
    fn all(&self, rect: Rect) -> Vec<usize> {
        let up = |pixels: i32| (pixels + GRID - 1).div_euclid(GRID);
        let (columns, rows) = (
            up(rect.x)..=rect.right().div_euclid(GRID),
            up(rect.y)..=rect.bottom().div_euclid(GRID),
        );
        rows.flat_map(|row| columns.clone().filter_map(move |column| self.at(column, row)))
            .collect()
    }

    fn add(&mut self, rect: Rect, cost: u32) {
        for at in self.all(rect) {
            if let Some(of) = self.cost.get_mut(at) {
                *of += cost;
            }
        }
    }

    fn block(&mut self, rect: Rect) {
        for at in self.all(rect) {
            if let Some(of) = self.blocked.get_mut(at) {
                *of = true;
            }
        }
    }

    /// Where an arrow may begin or end at a box: the crossing, the way out, and what it costs. Not beside the upper
    /// right corner, where the sign of its state is.
    fn ports(&self, of: End) -> Vec<(usize, usize, u32)> {
        let (left, top) = (of.rect.x / GRID, of.rect.y / GRID);
        let (right, bottom) = (of.rect.right() / GRID, of.rect.bottom() / GRID);
        let askew = |at: i32, from: i32, to: i32| {
            // Twice as far as it is, so that the middle between two is no matter.
            (2 * at - from - to).unsigned_abs() / 2 * of.askew
        };
        let mut ports = Vec::new();
        for column in left + 1..right {
            let cost = askew(column, left, right);
            let upper = self.at(column, top).filter(|_| column + 1 < right);
            ports.extend(upper.map(|at| (at, 3, cost)));
            ports.extend(self.at(column, bottom).map(|at| (at, 1, cost)));
        }
        for row in top + 1..bottom {
            let cost = askew(row, top, bottom);
            ports.extend(self.at(left, row).map(|at| (at, 2, cost)));
            let right = self.at(right, row).filter(|_| row > top + 1);
            ports.extend(right.map(|at| (at, 0, cost)));
        }
        ports
    }

    fn spot(&self, at: usize) -> (i32, i32) {
        let at = i32::try_from(at).unwrap_or_default();
        (at % self.columns, at / self.columns)
    }

    fn point(&self, at: usize) -> Point {
        let (column, row) = self.spot(at);
        Point { x: column * GRID, y: row * GRID }
    }

    fn next(&self, at: usize, way: usize) -> Option<usize> {
        let ((column, row), (right, down)) = (self.spot(at), WAYS.get(way)?);
        self.at(column + right, row + down)
    }

    /// What it costs to come to a crossing in a direction.
    fn toll(&self, at: usize, way: usize) -> u32 {
        let taken = self.taken.get(at).copied().unwrap_or_default();
        let (along, across) =
            if way.is_multiple_of(2) { (taken[0], taken[1]) } else { (taken[1], taken[0]) };
        let shared = if along { SHARED } else { 0 };
        let crossing = if across { CROSSING } else { 0 };
        STEP + shared + crossing + self.cost.get(at).copied().unwrap_or_default()
    }

    /// The cheapest way from one box to another, crossing by crossing.
    fn way(&self, from: End, to: End) -> Option<Vec<Point>> {
        let goals: BTreeMap<(usize, usize), u32> = self
            .ports(to)
            .into_iter()
            // In at the side that leads out.
            .map(|(at, out, cost)| ((at, (out + 2) % 4), cost))
            .collect();
        let least = |at: usize| {
            let Point { x, y } = self.point(at);
            let beside = |value: i32, low: i32, high: i32| (low - value).max(value - high).max(0);
            let away =
                beside(x, to.rect.x, to.rect.right()) + beside(y, to.rect.y, to.rect.bottom());
            u32::try_from(away / GRID).unwrap_or_default() * STEP
        };
        let states = self.blocked.len() * 4;
        let (mut best, mut before) = (vec![u32::MAX; states], vec![usize::MAX; states]);
        let mut open = BinaryHeap::new();
        for (at, way, cost) in self.ports(from) {
            let cost =
                cost + if self.taken.get(at).is_some_and(|it| it[0] || it[1]) { SHARED } else { 0 };
            let state = at * 4 + way;
            if let Some(known) = best.get_mut(state).filter(|known| **known > cost) {
                *known = cost;
                open.push(Reverse((cost + least(at), cost, state)));
            }
        }
        let mut reached: Option<(u32, usize)> = None;
        while let Some(Reverse((hope, cost, state))) = open.pop() {
            if reached.is_some_and(|(known, _)| known <= hope) {
                break;
            }
            if best.get(state).is_none_or(|known| *known < cost) {
                continue;
            }
            let (at, way) = (state / 4, state % 4);
            let started = before.get(state) != Some(&usize::MAX);
            if let Some(end) = goals.get(&(at, way)).filter(|_| started) {
                let whole = cost + end;
                if reached.is_none_or(|(known, _)| whole < known) {
                    reached = Some((whole, state));
                }
                continue;
            }
            for turn in [0, 1, 3] {
                let next_way = (way + turn) % 4;
                // It leaves its box before it turns.
                if turn != 0 && !started {
                    continue;
                }
                let Some(next) = self.next(at, next_way) else { continue };
                let is_goal = goals.contains_key(&(next, next_way));
                if self.blocked.get(next).copied().unwrap_or(true) && !is_goal {
                    continue;
                }
                let corner = if turn == 0 { 0 } else { CORNER };
                let cost = cost + corner + self.toll(next, next_way);
                let state_there = next * 4 + next_way;
                if let Some(known) = best.get_mut(state_there).filter(|known| **known > cost) {
                    *known = cost;
                    if let Some(from) = before.get_mut(state_there) {
                        *from = state;
                    }
                    open.push(Reverse((cost + least(next), cost, state_there)));
                }
            }
        }
        let (_, mut state) = reached?;
        let mut points = vec![self.point(state / 4)];
        while let Some(from) = before.get(state).copied().filter(|from| *from != usize::MAX) {
            state = from;
            points.push(self.point(state / 4));
        }
        points.reverse();
        Some(points)
    }

    /// Remembers where an arrow runs.
    fn take(&mut self, points: &[Point]) {
        for (a, b) in points.iter().zip(points.iter().skip(1)) {
            let way = usize::from(a.x == b.x);
            for point in [a, b] {
                let at = self.at(point.x / GRID, point.y / GRID);
                if let Some(taken) = at.and_then(|at| self.taken.get_mut(at)) {
                    taken[way] = true;
                }
            }
            let beside = if a.x == b.x { (GRID, 0) } else { (0, GRID) };
            for (x, y) in [beside, (-beside.0, -beside.1)] {
                self.add(Rect::new(a.x + x, a.y + y, 0, 0), BESIDE);
            }
        }
    }
}
