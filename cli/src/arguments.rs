//! The command line.

use crate::plot::{Colours, Graphics, Map};
use arraystow::{ArrayFormat, Codec, VerifyDepth};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::IpAddr;
use std::path::PathBuf;

/// Show, check, copy and export the values in a storage of arraystow. No Rust types are needed.
///
/// PLACE is a folder or a URL such as s3://bucket/folder. NAME is the name of a value, GLOB a pattern of names: `*`
/// matches a part of a segment, `**` any number of segments. A GLOB that is the exact name of a value selects only that
/// value. PATH is a place in a value, such as `runs[3].field`.
#[derive(Parser)]
#[command(name = "arraystow", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print JSON: one document to stdout, and errors to stderr.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print neither progress nor confirmations.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print long texts without the pager that ARRAYSTOW_PAGER or PAGER names.
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
    /// An option of the object store, such as `aws_endpoint=https://s3.example.org`. The environment variables AWS_*
    /// are used too.
    #[arg(long = "option", value_name = "KEY=VALUE", global = true, value_parser = key_and_value)]
    pub(crate) options: Vec<(String, String)>,
}

const EXIT_CODES: &str = "Exit codes: 0 success; 1 an error; 2 wrong arguments, or a missing confirmation or --force; 3 \
                          `verify` found faults, `diff` found differences, or `sweep` could not check every workflow; \
                          129 the terminal of `browse` was closed; 130 interrupted.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the values.
    Ls {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
        /// Also print the time of the last save, and the sizes of the document and of the arrays.
        #[arg(short, long)]
        long: bool,
        #[arg(short, long, default_value = "name")]
        sort: Sort,
        /// Reverse the order.
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
        /// Print only this part of the value.
        path: Option<String>,
        /// Write a page for a browser instead, with pictures of the arrays. Then elements are read.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Replace a file that exists.
        #[arg(long, requires = "html")]
        force: bool,
    },
    /// Print minimum, maximum, mean, standard deviation, NaN count and a histogram of an array.
    Stats {
        place: String,
        name: String,
        /// The array's path; optional if the value has only one array.
        path: Option<String>,
        /// Number of bins of the histogram.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        bins: u16,
    },
    /// Print a corner of an array.
    Head {
        place: String,
        name: String,
        /// The array's path; optional if the value has only one array.
        path: Option<String>,
        /// Number of elements along each axis.
        #[arg(short = 'n', long, default_value_t = 6)]
        elements: usize,
    },
    /// Draw an array in the terminal, or as a PNG or SVG file: two axes in colours, one axis as a line.
    Plot(PlotArguments),
    /// Show the values and their arrays in the terminal, with keys to move along the axes. `q` ends it.
    Browse {
        #[arg(default_value = ".")]
        place: String,
        /// Colours of the terminal.
        #[arg(long, default_value = "auto")]
        colors: Colours,
    },
    /// Show the values as pages for a browser, until Ctrl-C. Prints the address. Nothing can be changed there.
    Serve {
        #[arg(default_value = ".")]
        place: String,
        /// The address to listen at. Every program that reaches it can read the storage. By default, these are the
        /// programs of this machine.
        #[arg(long, default_value = "127.0.0.1")]
        address: IpAddr,
        /// The port to listen at; by default, the system chooses a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// List the values for which all conditions are true.
    Find {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
        /// `params.alpha > 0.3`: a path, an operator (=, !=, <, <=, >, >=, contains), and a number, a string, true, false
        /// or null.
        #[arg(long = "where", value_name = "CONDITION")]
        conditions: Vec<String>,
    },
    /// Print where two values differ: fields, and arrays with the number of elements that differ.
    Diff {
        place: String,
        name: String,
        /// The name of the other value; by default the same name, in the other place.
        other: Option<String>,
        /// The place of the other value, if it differs.
        #[arg(long = "in", value_name = "OTHER_PLACE")]
        other_place: Option<String>,
    },
    /// Check that values are as they were saved.
    Verify {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
        /// `deep` reads every byte, `quick` only checks that everything exists and has the right length.
        #[arg(long, default_value = "deep")]
        depth: VerifyDepth,
    },
    /// Copy values to another place, under the same names. Arrays that are there already from an earlier copy are not
    /// copied again.
    Cp {
        #[arg(value_name = "PLACE")]
        from: String,
        #[arg(value_name = "OTHER_PLACE")]
        to: String,
        #[arg(value_name = "GLOB", default_value = "**")]
        glob: String,
        /// Replace other values of the same names.
        #[arg(long)]
        force: bool,
    },
    /// Copy values to another place, and remove each one here when its copy is complete.
    Mv {
        #[arg(value_name = "PLACE")]
        from: String,
        #[arg(value_name = "OTHER_PLACE")]
        to: String,
        #[arg(value_name = "GLOB")]
        glob: String,
        /// Do not ask for confirmation.
        #[arg(short, long)]
        yes: bool,
        /// Replace other values of the same names.
        #[arg(long)]
        force: bool,
    },
    /// Give a value another name in the same place.
    Rename { place: String, name: String, new_name: String },
    /// Remove values and their arrays.
    Rm {
        place: String,
        #[arg(required = true)]
        globs: Vec<String>,
        /// Do not ask for confirmation.
        #[arg(short, long)]
        yes: bool,
    },
    /// Remove files that no document refers to, such as those of killed saves.
    Sweep {
        place: String,
        /// Only print what would be removed.
        #[arg(long)]
        dry_run: bool,
        /// Do not ask for confirmation.
        #[arg(short, long)]
        yes: bool,
    },
    /// Print how many bytes the values of each workflow take.
    Du {
        place: String,
        #[arg(default_value = "**")]
        glob: String,
    },
    /// Write an array, or a part of a value, to a file. The extension sets the format: .npy, .csv, .json, .png or .svg, or
    /// .h5 for the whole value.
    Export {
        place: String,
        name: String,
        /// The path of the part; optional if the value has only one array.
        #[arg(long)]
        path: Option<String>,
        /// The part of the array, such as `0, :, 10:200:2` or `time=0`.
        #[arg(long, value_name = "PART")]
        slice: Option<String>,
        file: PathBuf,
        /// Replace an existing file.
        #[arg(long)]
        force: bool,
    },
    /// Save arrays of another program as a value: from a .npy file, an HDF5 or netCDF4 file, or a Zarr store. Several
    /// arrays become a map from their names, with a map for each group.
    Import {
        /// A .npy, HDF5 or netCDF4 file, or a Zarr store's folder or URL.
        source: String,
        place: String,
        name: String,
        /// The array or group in the file or store, such as `group/temperature`. By default, all arrays are saved.
        #[arg(long, default_value = "")]
        array: String,
        /// Replace an existing value.
        #[arg(long)]
        force: bool,
    },
    /// Write a value to one HDF5 file that h5py and viewers read: groups and datasets mirror its paths, plain values are
    /// attributes. `unpack` reads it back.
    Pack {
        place: String,
        name: String,
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Replace an existing file.
        #[arg(long)]
        force: bool,
    },
    /// Save the value of a packed file. A file that was changed or truncated is refused.
    Unpack {
        file: PathBuf,
        place: String,
        name: String,
        /// Replace an existing value.
        #[arg(long)]
        force: bool,
    },
    /// Store the arrays of a value in other chunks, with another codec or in another format, in one commit.
    Repack(RepackArguments),
    /// Save an example value, show it, and print commands to try. A value that is there already stays as it is.
    Demo {
        #[arg(default_value = "arraystow-demo")]
        place: String,
    },
    /// Print completions for a shell.
    Completions { shell: clap_complete::Shell },
    /// Print the manual pages of all commands, for `man -l`.
    Man,
}

/// What `plot` draws, and how.
#[derive(Args)]
pub(crate) struct PlotArguments {
    pub(crate) place: String,
    pub(crate) name: String,
    /// The array's path; optional if the value has only one array.
    pub(crate) path: Option<String>,
    /// The part to draw, such as `0, :, 10:200:2` or `time=0`. By default, all axes but the last two are at 0.
    #[arg(long, value_name = "PART")]
    pub(crate) slice: Option<String>,
    /// Draw a histogram of the elements, or of those in the part.
    #[arg(long)]
    pub(crate) histogram: bool,
    /// Number of bins of the histogram.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) bins: u16,
    /// The number at the lower end of the colours, of a line's axis or of the histogram.
    #[arg(long, allow_negative_numbers = true, value_parser = finite)]
    pub(crate) min: Option<f64>,
    /// The number at the upper end.
    #[arg(long, allow_negative_numbers = true, value_parser = finite)]
    pub(crate) max: Option<f64>,
    /// Leave out 2 % of the numbers at each end when the ends are chosen.
    #[arg(long, conflicts_with = "histogram")]
    pub(crate) robust: bool,
    /// The colour map.
    #[arg(long, default_value = "viridis")]
    pub(crate) map: Map,
    /// Colours of the terminal.
    #[arg(long, default_value = "auto")]
    pub(crate) colors: Colours,
    /// How the terminal shows the picture.
    #[arg(long = "as", default_value = "auto", conflicts_with = "output")]
    pub(crate) graphics: Graphics,
    /// Columns and lines in the terminal, or width and height in pixels of a file, or of what `--as` shows as pixels.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    pub(crate) size: Option<(u32, u32)>,
    /// Write a file instead. Its ending chooses the format: .png or .svg.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that exists.
    #[arg(long)]
    pub(crate) force: bool,
}

impl PlotArguments {
    /// A picture of an array, in the terminal.
    pub(crate) fn of(place: String, name: String, path: Option<String>) -> Self {
        Self {
            place,
            name,
            path,
            slice: None,
            histogram: false,
            bins: 40,
            min: None,
            max: None,
            robust: false,
            map: Map::Viridis,
            colors: Colours::Auto,
            graphics: Graphics::Auto,
            size: None,
            output: None,
            force: false,
        }
    }
}

/// Which arrays `repack` stores again, and how. What is not chosen stays as it is.
#[derive(Args)]
pub(crate) struct RepackArguments {
    pub(crate) place: String,
    pub(crate) name: String,
    /// Only the arrays whose paths match: `*` is any text, as in `runs[*].field`.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) arrays: Option<String>,
    /// The shape of the chunks, such as `128,128`.
    #[arg(long, value_name = "SHAPE", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) chunks: Option<Vec<u64>>,
    /// The codec: none, gzip, zstd, blosc or pcodec, some of them with a level as in `zstd:3`.
    #[arg(long, value_parser = codec)]
    pub(crate) codec: Option<Codec>,
    /// The format: hdf5 or zarr.
    #[arg(long)]
    pub(crate) format: Option<ArrayFormat>,
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

/// Where a level is needed and none is given, it is a usual one.
fn codec(text: &str) -> Result<Codec, arraystow::Error> {
    match text {
        "gzip" => Codec::gzip(4),
        "zstd" => Codec::zstd(3),
        "pcodec" => "pcodec:8".parse(),
        text => text.parse(),
    }
}

/// No side is above 10,000, so that a picture fits into memory.
fn size(text: &str) -> Result<(u32, u32), String> {
    let sides =
        text.split_once(['x', '×']).and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides
        .filter(|(width, height)| [*width, *height].iter().all(|side| (4..=10_000).contains(side)))
        .ok_or_else(|| "write two numbers from 4 to 10000, as 900x600".to_owned())
}

fn finite(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| "write a finite number".to_owned())
}
