//! The nodes along an axis, and which of them a step wants.

use super::{Axis, Test};
use crate::xml::{Content, Document, Item};

impl Document {
    fn parent(&self, item: Item) -> Option<Item> {
        match (item.attribute, item.node) {
            (Some(_), node) => Some(Item::node(node)),
            (None, 0) => None,
            (None, node) => Some(Item::node(self.nodes[node].parent)),
        }
    }

    /// The nodes along the axis, nearest first.
    pub(super) fn along(&self, axis: Axis, item: Item) -> Vec<Item> {
        let here = &self.nodes[item.node];
        let nodes = |range: std::ops::Range<usize>| range.map(Item::node);
        let is_node = item.attribute.is_none();
        match axis {
            Axis::Parent => self.parent(item).into_iter().collect(),
            Axis::Ancestor => {
                std::iter::successors(self.parent(item), |item| self.parent(*item)).collect()
            }
            Axis::AncestorOrSelf => {
                std::iter::successors(Some(item), |item| self.parent(*item)).collect()
            }
            Axis::Attribute => {
                let attributes = match &here.content {
                    Content::Element(element) if is_node => &element.attributes[..],
                    _ => &[],
                };
                let plain = attributes.iter().enumerate().filter(|(_, it)| !it.is_declaration());
                plain.map(|(at, _)| Item { node: item.node, attribute: Some(at) }).collect()
            }
            Axis::Child if is_node => here.children.iter().copied().map(Item::node).collect(),
            Axis::Descendant if is_node => nodes(item.node + 1..here.end).collect(),
            Axis::DescendantOrSelf if is_node => nodes(item.node..here.end).collect(),
            Axis::Oneself | Axis::DescendantOrSelf => vec![item],
            // What is below the element of an attribute is behind the attribute.
            Axis::Following if !is_node => nodes(item.node + 1..self.nodes.len()).collect(),
            Axis::Following => nodes(here.end..self.nodes.len()).collect(),
            Axis::Preceding => {
                let before = (1..item.node).rev();
                before.filter(|node| self.nodes[*node].end <= item.node).map(Item::node).collect()
            }
            Axis::FollowingSibling | Axis::PrecedingSibling if is_node && item.node > 0 => {
                let siblings = &self.nodes[here.parent].children;
                let place = siblings.partition_point(|sibling| *sibling < item.node);
                if axis == Axis::FollowingSibling {
                    siblings[place + 1..].iter().copied().map(Item::node).collect()
                } else {
                    siblings[..place].iter().rev().copied().map(Item::node).collect()
                }
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn passes(&self, test: &Test, axis: Axis, item: Item) -> bool {
        if let Some(at) = item.attribute {
            let attribute = self.element(item.node).and_then(|it| it.attributes.get(at));
            return attribute.is_some_and(|attribute| match test {
                Test::Any if axis == Axis::Attribute => true,
                Test::Name(name) if axis == Axis::Attribute => {
                    attribute.name.local == *name && attribute.name.namespace.is_empty()
                }
                Test::Node => true,
                _ => false,
            });
        }
        let content = &self.nodes[item.node].content;
        match (test, content) {
            // A declaration is no node of a path.
            (_, Content::Declaration(_) | Content::DocType(_)) => false,
            (Test::Any, Content::Element(_)) => axis != Axis::Attribute,
            (Test::Name(name), Content::Element(element)) => {
                element.name.local == *name && element.name.namespace.is_empty()
            }
            (Test::Node, _)
            | (Test::Text, Content::Text(_) | Content::CData(_))
            | (Test::Comment, Content::Comment(_))
            | (Test::Instruction(None), Content::Instruction(..)) => true,
            (Test::Instruction(Some(wanted)), Content::Instruction(target, _)) => target == wanted,
            _ => false,
        }
    }
}

impl Item {
    pub(super) fn node(node: usize) -> Self {
        Self { node, attribute: None }
    }
}
