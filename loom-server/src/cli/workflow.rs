//! The command line of `loom workflow`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Workflow {
    /// Print everything that is wrong with definitions, with line and column
    Validate {
        /// The definitions; `-` is the standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Also what the service accepts when it is saved, and what then fails or does nothing
        #[arg(long)]
        strict: bool,
        /// One JSON object per finding
        #[arg(long)]
        json: bool,
    },
    /// Print a definition as a picture
    Graph {
        /// The definition; `-` is the standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The language of the picture
        #[arg(long, value_enum, default_value = "mermaid")]
        format: GraphFormat,
    },
    /// Evaluate the cases of a file, one JSON object per line, and compare
    CheckExpressions {
        /// The cases; `-` is the standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print the result as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Run the workflows of a directory against their mocks, one case per file, and compare
    CheckRuns {
        /// The directory with the cases, in files that end in `.json`; or one such file
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Print the result as one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GraphFormat {
    Mermaid,
    Svg,
}
