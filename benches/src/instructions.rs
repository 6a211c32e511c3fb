//! One hot path, again and again, for a tool that counts instructions.
//!
//! `instructions SUBJECT TIMES` does the same in every run: ids are counted, the clock stands
//! still, and nothing is printed. Without arguments, it names its subjects. `cargo xtask
//! instructions` takes the difference of two runs of different length, so that what happens once
//! does not count.

mod counter;
mod stepper;
mod instructions {
    pub(crate) mod core;
    pub(crate) mod still;
    pub(crate) mod stores;
    pub(crate) mod volatile;
}

use instructions::{core, stores, volatile};

/// Does its work so many times.
type Subject = fn(u32);

const SUBJECTS: [(&str, Subject); 12] = [
    ("kernel admit", core::admit),
    ("kernel step", core::step),
    ("kernel turn", core::turn),
    ("kernel replay of 100 records", core::replay),
    ("record encode", core::encode),
    ("record decode", core::decode),
    ("splice", core::splice),
    ("volatile tell", volatile::tell),
    ("volatile ask", volatile::ask),
    ("embedded commit", stores::commit),
    ("durable turn", stores::turn),
    ("durable 10-step handler", stores::steps),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => SUBJECTS.iter().for_each(|(name, _)| println!("{name}")),
        [subject, times] => {
            let found = SUBJECTS.iter().find(|(name, _)| name == subject);
            let (_, run) = found.expect("a subject of that name");
            run(times.parse().expect("how many times"));
        }
        _ => panic!("instructions [SUBJECT TIMES]"),
    }
}
