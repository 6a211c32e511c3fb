//! Where everything of a picture is: actions in rows below what they run after, containers around
//! what they hold.

use std::collections::BTreeMap;

use super::{arrows, branches};
use crate::definition::{Action, ActionIndex, Block, Definition};

const GAP: f64 = 24.0;
const ROW_GAP: f64 = 44.0;
const HEADER: f64 = 40.0;
const LABEL: f64 = 22.0;
const CHARACTER: f64 = 7.4;
const MARGIN: f64 = 14.0;
const WIDTH_MIN: f64 = 90.0;
const LETTERS_MAX: usize = 44;

/// A rectangle. Lengths are pixels, and grow to the right and downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A rectangle with text in it.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) area: Area,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) look: Look,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Look {
    Trigger,
    Action,
    Container,
    Branch,
}

/// An arrow from below one rectangle to above another.
#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
    pub(super) label: Option<String>,
}

/// A picture: what is further back comes first.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    pub(super) shapes: Vec<Shape>,
    pub(super) arrows: Vec<Arrow>,
    pub(super) width: f64,
    pub(super) height: f64,
}

pub(super) fn lay_out(definition: &Definition) -> Drawing {
    let mut sizes = Sizes { definition, of: BTreeMap::new() };
    let root = sizes.block(&definition.root);
    let Sizes { of, .. } = sizes;
    let mut plan = Plan { definition, sizes: of, drawing: Drawing::default(), at: BTreeMap::new() };
    let triggers: Vec<_> = definition
        .triggers
        .iter()
        .map(|trigger| (trigger.name.clone(), trigger.type_name.clone()))
        .map(|(title, subtitle)| (text_width(&title, &subtitle), title, subtitle))
        .collect();
    let triggers_width = row_width(triggers.iter().map(|(width, ..)| *width));
    let width = root.0.max(triggers_width);
    let mut x = MARGIN + (width - triggers_width) / 2.0;
    let mut starts = Vec::new();
    for (trigger_width, title, subtitle) in triggers {
        let area = Area { x, y: MARGIN, width: trigger_width, height: HEADER };
        starts.push(below(area));
        plan.drawing.shapes.push(Shape { area, title, subtitle, look: Look::Trigger });
        x += trigger_width + GAP;
    }
    let y = if starts.is_empty() { MARGIN } else { MARGIN + HEADER + ROW_GAP };
    plan.block(&definition.root, (MARGIN + (width - root.0) / 2.0, y));
    let roots = definition.root.roots.iter().map(|root| above(plan.at[root]));
    let begun = starts.iter().flat_map(|from| roots.clone().map(|to| (*from, to)));
    let begun: Vec<_> = begun.map(|(from, to)| Arrow { from, to, label: None }).collect();
    plan.drawing.arrows.extend(begun);
    plan.drawing.width = width + 2.0 * MARGIN;
    plan.drawing.height = y + root.1 + MARGIN;
    plan.drawing
}

fn below(area: Area) -> (f64, f64) {
    (area.x + area.width / 2.0, area.y + area.height)
}

fn above(area: Area) -> (f64, f64) {
    (area.x + area.width / 2.0, area.y)
}

/// Text that is not wider than a picture can bear.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= LETTERS_MAX {
        return text.to_owned();
    }
    text.chars().take(LETTERS_MAX - 1).chain(['…']).collect()
}

fn text_width(title: &str, subtitle: &str) -> f64 {
    let letters = title.chars().count().max(subtitle.chars().count()).min(LETTERS_MAX);
    let letters = u32::try_from(letters).expect("a few dozen fit");
    (f64::from(letters) * CHARACTER + 2.0 * MARGIN).max(WIDTH_MIN)
}

fn row_width(widths: impl Iterator<Item = f64>) -> f64 {
    widths.fold(-GAP, |sum, width| sum + width + GAP).max(0.0)
}

/// The actions of a block in rows: each in the first row below all that it runs after.
fn rows(definition: &Definition, block: &Block) -> Vec<Vec<ActionIndex>> {
    let mut row_of: BTreeMap<ActionIndex, usize> = BTreeMap::new();
    let mut ready = block.roots.clone();
    let mut waits_for: BTreeMap<_, _> = block
        .actions
        .iter()
        .map(|index| (*index, definition.action(*index).run_after.len()))
        .collect();
    let mut rows: Vec<Vec<ActionIndex>> = Vec::new();
    while let Some(index) = ready.pop() {
        let action = definition.action(index);
        let before = action.run_after.iter().filter_map(|(before, _)| row_of.get(before));
        let row = before.max().map_or(0, |row| row + 1);
        row_of.insert(index, row);
        rows.resize_with(rows.len().max(row + 1), Vec::new);
        rows[row].push(index);
        for follower in &action.followers {
            let Some(left) = waits_for.get_mut(follower) else { continue };
            *left = left.saturating_sub(1);
            if *left == 0 {
                ready.push(*follower);
            }
        }
    }
    for row in &mut rows {
        row.sort_unstable();
    }
    rows
}

struct Sizes<'a> {
    definition: &'a Definition,
    of: BTreeMap<ActionIndex, (f64, f64)>,
}

impl Sizes<'_> {
    fn block(&mut self, block: &Block) -> (f64, f64) {
        let rows = rows(self.definition, block);
        let sizes: Vec<Vec<_>> = rows
            .into_iter()
            .map(|row| row.into_iter().map(|index| self.action(index)).collect())
            .collect();
        size_of_rows(sizes.iter().map(|row| row.iter().copied()))
    }

    fn action(&mut self, index: ActionIndex) -> (f64, f64) {
        let action = self.definition.action(index);
        let own = text_width(&action.name, &action.type_name);
        let inside: Vec<_> = branches(action)
            .iter()
            .map(|branch| branch_size(self.block(branch.block), branch.label.as_deref()))
            .collect();
        let size = if inside.is_empty() {
            (own, HEADER)
        } else {
            let width = row_width(inside.iter().map(|size| size.0)) + 2.0 * MARGIN;
            let height = inside.iter().map(|size| size.1).fold(0.0, f64::max);
            (width.max(own), HEADER + height + MARGIN)
        };
        self.of.insert(index, size);
        size
    }
}

fn size_of_rows<R>(rows: impl Iterator<Item = R>) -> (f64, f64)
where
    R: Iterator<Item = (f64, f64)> + Clone,
{
    let (mut width, mut height) = (0.0_f64, -ROW_GAP);
    for row in rows {
        width = width.max(row_width(row.clone().map(|size| size.0)));
        height += ROW_GAP + row.map(|size| size.1).fold(0.0, f64::max);
    }
    (width, height.max(0.0))
}

fn branch_size((width, height): (f64, f64), label: Option<&str>) -> (f64, f64) {
    let Some(label) = label else { return (width, height) };
    (width.max(text_width(label, "")) + 2.0 * MARGIN, height + LABEL + MARGIN)
}

struct Plan<'a> {
    definition: &'a Definition,
    sizes: BTreeMap<ActionIndex, (f64, f64)>,
    drawing: Drawing,
    at: BTreeMap<ActionIndex, Area>,
}

impl Plan<'_> {
    fn block_size(&self, block: &Block) -> (f64, f64) {
        let rows = rows(self.definition, block);
        size_of_rows(rows.iter().map(|row| row.iter().map(|index| self.sizes[index])))
    }

    /// Puts the actions of a block below a point, its upper left corner.
    fn block(&mut self, block: &Block, (x, y): (f64, f64)) {
        let width = self.block_size(block).0;
        let mut row_y = y;
        for row in rows(self.definition, block) {
            let row_width = row_width(row.iter().map(|index| self.sizes[index].0));
            let mut next_x = x + (width - row_width) / 2.0;
            let mut height = 0.0_f64;
            for index in row {
                let size = self.sizes[&index];
                self.action(index, Area { x: next_x, y: row_y, width: size.0, height: size.1 });
                next_x += size.0 + GAP;
                height = height.max(size.1);
            }
            row_y += height + ROW_GAP;
        }
        for (from, to, label) in arrows(self.definition, block) {
            let (from, to) = (below(self.at[&from]), above(self.at[&to]));
            self.drawing.arrows.push(Arrow { from, to, label });
        }
    }

    fn action(&mut self, index: ActionIndex, area: Area) {
        let definition = self.definition;
        let action: &Action = definition.action(index);
        let branches = branches(action);
        let look = if branches.is_empty() { Look::Action } else { Look::Container };
        let (title, subtitle) = (action.name.clone(), action.type_name.clone());
        self.at.insert(index, area);
        self.drawing.shapes.push(Shape { area, title, subtitle, look });
        let mut x = area.x + MARGIN;
        for branch in branches {
            let block_size = self.block_size(branch.block);
            let (width, height) = branch_size(block_size, branch.label.as_deref());
            let y = area.y + HEADER;
            let corner = if let Some(title) = branch.label {
                let area = Area { x, y, width, height };
                let subtitle = String::new();
                self.drawing.shapes.push(Shape { area, title, subtitle, look: Look::Branch });
                (x + (width - block_size.0) / 2.0, y + LABEL)
            } else {
                (x + (area.width - 2.0 * MARGIN - block_size.0) / 2.0, y)
            };
            self.block(branch.block, corner);
            x += width + GAP;
        }
    }
}
