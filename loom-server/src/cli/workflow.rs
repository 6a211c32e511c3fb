//! The command line of `loom workflow`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Store;

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
    /// Run a definition on a data directory, show how far it is, and print what came of it
    Run {
        #[command(flatten)]
        store: Store,
        /// The definition; `-` is the standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The body that the trigger is given: JSON, or `@` and a file with JSON
        #[arg(long, value_name = "JSON", default_value = "null")]
        input: String,
        /// The headers that the trigger is given: a JSON object, or `@` and a file with one
        #[arg(long, value_name = "JSON", default_value = "{}")]
        headers: String,
        /// The values of parameters: a JSON object, or `@` and a file with one
        #[arg(long, value_name = "JSON", default_value = "{}")]
        parameters: String,
        /// What the workflow is called; the name of the file unless it is given
        #[arg(long)]
        name: Option<String>,
        /// What the run is called. One of that name that was interrupted goes on
        #[arg(long)]
        run: Option<String>,
        /// Take what actions outside answer from this file instead of calling anything: a JSON
        /// object, under the name of each action `{"status", "outputs", "error"}` or a list of
        /// them for its attempts. Time passes at once, and nothing is kept; connections that
        /// nobody gives stand in for those of a deployment
        #[arg(long, value_name = "FILE")]
        mock: Option<PathBuf>,
        /// Print the run and its actions as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print how a run stands, and its actions
    Status {
        #[command(flatten)]
        server: Server,
        /// workflow/run
        run: String,
        /// Print the run and its actions as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the runs of a workflow, the latest first
    List {
        #[command(flatten)]
        server: Server,
        /// The workflow
        workflow: String,
        /// Only those that are so: Running, Suspended, Succeeded, Failed, Cancelled, `TimedOut`
        #[arg(long)]
        status: Option<String>,
        /// One JSON object per run
        #[arg(long)]
        json: bool,
    },
    /// End a run: what is under way is stopped
    Cancel {
        #[command(flatten)]
        server: Server,
        /// workflow/run
        run: String,
        /// Why, for people
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Hold a run: what is under way goes on, nothing new is begun
    Suspend {
        #[command(flatten)]
        server: Server,
        /// workflow/run
        run: String,
    },
    /// Have a run that is held go on; or one that has ended, from an action
    Resume {
        #[command(flatten)]
        server: Server,
        /// workflow/run
        run: String,
        /// The action that is done again, with all that follows from it
        #[arg(long, value_name = "ACTION")]
        from: Option<String>,
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

/// A host that answers.
#[derive(Args, Debug)]
pub(crate) struct Server {
    /// The address of a host, as `loom dev` prints it
    #[arg(
        long = "server",
        value_name = "URL",
        default_value = "http://127.0.0.1:7070",
        env = "LOOM_SERVER"
    )]
    pub(crate) url: String,
}
