//! Explores the model, with its rules kept and with each of them broken, and prints what was
//! found: `cargo run -p loom-models --example explore`.

mod exploration;
#[cfg(test)]
mod tests;
mod variants;

use crate::exploration::Exploration;
use crate::variants::{Variant, variants};

fn main() {
    println!(
        "{:48} {:24} {:>9} {:>9} {:>5}  result",
        "variant", "scenario", "states", "unique", "depth"
    );
    for variant in variants() {
        let found = variant.explore();
        let Variant { name, protocol, .. } = &variant;
        let Exploration { states, unique_states, depth, .. } = found;
        let scenario = protocol.scenario.name;
        let result = result(&found);
        println!("{name:48} {scenario:24} {states:>9} {unique_states:>9} {depth:>5}  {result}");
        if !found.never.is_empty() && found.complete {
            println!("    never so: {}", found.never.join("; "));
        }
        for (promise, steps) in &found.broken {
            println!("    not so: {promise}");
            for (number, step) in (1..).zip(steps) {
                println!("    {number:>4}. {step}");
            }
        }
    }
}

fn result(found: &Exploration) -> String {
    match found.broken.len() {
        0 if found.complete => "all promises kept".to_owned(),
        0 => "not explored whole".to_owned(),
        broken => format!("{broken} broken"),
    }
}
