//! Flowcharts for [Mermaid](https://mermaid.js.org/syntax/flowchart.html).

use std::fmt::Write as _;

use super::{arrows, branches};
use crate::definition::{ActionIndex, Block, Definition};

/// The definition as a flowchart for Mermaid: what contains actions is a box around them, and an
/// arrow that is not followed after success alone says after what.
#[must_use]
pub fn mermaid(definition: &Definition) -> String {
    let mut chart = Chart { definition, text: "flowchart TD\n".to_owned() };
    for (n, trigger) in definition.triggers.iter().enumerate() {
        let label = quoted(&trigger.name, &trigger.type_name);
        chart.line(1, format_args!("t{n}([{label}])"));
        for root in &definition.root.roots {
            chart.line(1, format_args!("t{n} --> a{}", root.at()));
        }
    }
    chart.block(&definition.root, 1);
    chart.text
}

struct Chart<'a> {
    definition: &'a Definition,
    text: String,
}

impl Chart<'_> {
    fn line(&mut self, depth: usize, line: std::fmt::Arguments<'_>) {
        let indent = "  ".repeat(depth);
        writeln!(self.text, "{indent}{line}").expect("a string takes all that is written");
    }

    fn block(&mut self, block: &Block, depth: usize) {
        for index in &block.actions {
            self.action(*index, depth);
        }
        for (from, to, condition) in arrows(self.definition, block) {
            let (from, to) = (from.at(), to.at());
            match condition {
                None => self.line(depth, format_args!("a{from} --> a{to}")),
                Some(label) => self.line(depth, format_args!("a{from} -. \"{label}\" .-> a{to}")),
            }
        }
    }

    /// Containers that hold each other are as deep as the reader of definitions lets them be.
    fn action(&mut self, index: ActionIndex, depth: usize) {
        let (definition, at) = (self.definition, index.at());
        let action = definition.action(index);
        let label = quoted(&action.name, &action.type_name);
        let branches = branches(action);
        if branches.is_empty() {
            return self.line(depth, format_args!("a{at}[{label}]"));
        }
        self.line(depth, format_args!("subgraph a{at}[{label}]"));
        for (n, branch) in branches.iter().enumerate() {
            match &branch.label {
                None => self.block(branch.block, depth + 1),
                Some(label) => {
                    let label = quoted(label, "");
                    self.line(depth + 1, format_args!("subgraph a{at}b{n}[{label}]"));
                    self.block(branch.block, depth + 2);
                    self.line(depth + 1, format_args!("end"));
                }
            }
        }
        self.line(depth, format_args!("end"));
    }
}

/// Text that Mermaid takes as it is.
fn quoted(name: &str, type_name: &str) -> String {
    let escaped = |text: &str| {
        let mut safe = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '"' | '#' | '<' | '>' | '&' | ';' | '`' | '\\' => {
                    write!(safe, "#{};", u32::from(character))
                        .expect("a string takes all that is written");
                }
                c if c.is_control() => safe.push(' '),
                c => safe.push(c),
            }
        }
        safe
    };
    if type_name.is_empty() {
        return format!("\"{}\"", escaped(name));
    }
    format!("\"{}<br/><small>{}</small>\"", escaped(name), escaped(type_name))
}
