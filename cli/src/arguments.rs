//! The command line.

use arraystow::VerifyDepth;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// See, check, copy and export what a storage of arraystow holds. No Rust type is needed.
///
/// PLACE is a folder or a URL such as s3://bucket/folder. NAME is the name of a value, GLOB a pattern of names: `*`
/// stands for a part of a segment, `**` for any number of segments. PATH is a place in a value, such as `runs[3].field`.
#[derive(Parser)]
#[command(name = "arraystow", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print JSON: one document to stdout, and errors to stderr.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print no progress, and no confirmations of what was done.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// An option of the object store, such as `aws_endpoint=https://s3.example.org`. The environment's AWS_* are used too.
    #[arg(long = "option", value_name = "KEY=VALUE", global = true, value_parser = key_and_value)]
    pub(crate) options: Vec<(String, String)>,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 an error; 2 wrong arguments, or a confirmation is missing; 3 `verify` has found faults, or `diff` differences; 130 \
                          interrupted.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the values.
    Ls {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
        /// With the time of the last save, and the bytes of the document and of the arrays.
        #[arg(short, long)]
        long: bool,
        #[arg(short, long, default_value = "name")]
        sort: Sort,
        /// The last first.
        #[arg(short, long)]
        reverse: bool,
    },
    /// Print the names as a tree, with the arrays of each value.
    Tree {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
    },
    /// Print a value: its fields, and type, shape, chunks, size and attributes of its arrays. No element is read.
    Show {
        place: String,
        name: String,
        /// Only this part of the value.
        path: Option<String>,
    },
    /// Print minimum, maximum, mean, standard deviation, NaN count and a histogram of an array.
    Stats {
        place: String,
        name: String,
        /// The array's place; not needed if the value has one array.
        path: Option<String>,
        /// Bins of the histogram.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        bins: u16,
    },
    /// Print a corner of an array.
    Head {
        place: String,
        name: String,
        /// The array's place; not needed if the value has one array.
        path: Option<String>,
        /// Elements of each axis.
        #[arg(short = 'n', long, default_value_t = 6)]
        elements: usize,
    },
    /// List the values of which all conditions are true.
    Find {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
        /// A path, an operator (=, !=, <, <=, >, >=) and a number, a text, true, false or null: `params.alpha > 0.3`.
        #[arg(long = "where", value_name = "CONDITION")]
        conditions: Vec<String>,
    },
    /// Print where two values differ: fields, and arrays with the number of elements that differ.
    Diff {
        place: String,
        name: String,
        /// The name of the other value; the same name if it is in another place.
        other: Option<String>,
        /// The place of the other value, if it is another one.
        #[arg(long = "in", value_name = "OTHER_PLACE")]
        other_place: Option<String>,
    },
    /// Compare values with what was saved.
    Verify {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
        /// `deep` reads every byte, `quick` compares lengths and checks that everything is there.
        #[arg(long, default_value = "deep")]
        depth: VerifyDepth,
    },
    /// Copy values to another place, under the same names. What is there already from an earlier copy is not copied again.
    Cp {
        #[arg(value_name = "PLACE")]
        from: String,
        #[arg(value_name = "OTHER_PLACE")]
        to: String,
        #[arg(value_name = "GLOB", default_value = "**")]
        glob: String,
    },
    /// Copy values to another place, and remove each one here when its copy is complete.
    Mv {
        #[arg(value_name = "PLACE")]
        from: String,
        #[arg(value_name = "OTHER_PLACE")]
        to: String,
        #[arg(value_name = "GLOB")]
        glob: String,
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
    },
    /// Remove values and their arrays.
    Rm {
        place: String,
        #[arg(required = true)]
        globs: Vec<String>,
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
    },
    /// Remove what no document refers to: what is left of saves that were killed.
    Sweep {
        place: String,
        /// Only print it.
        #[arg(long)]
        dry_run: bool,
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
    },
    /// Print how many bytes the values of each workflow take.
    Du {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
    },
    /// Write an array, or a part of a value, to a file. Its ending chooses the format: .npy, .csv or .json.
    Export {
        place: String,
        name: String,
        /// The part's place; not needed if the value has one array.
        #[arg(long)]
        path: Option<String>,
        file: PathBuf,
        /// Replace a file that exists.
        #[arg(long)]
        force: bool,
    },
    /// Save an array of another program as a value: a .npy file, an HDF5 or netCDF4 dataset, a Zarr array.
    Import {
        /// A .npy or HDF5 file, or a Zarr array's folder or URL.
        source: String,
        place: String,
        name: String,
        /// The dataset or array in the file or store, such as `group/temperature`.
        #[arg(long, default_value = "")]
        array: String,
        /// Replace a value that exists.
        #[arg(long)]
        force: bool,
    },
    /// Save an example value, and print what to try with it.
    Demo {
        #[arg(default_value = "arraystow-demo")]
        place: String,
    },
    /// Print a shell's completions.
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, for `man -l`.
    Man,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    Name,
    Time,
    Size,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
