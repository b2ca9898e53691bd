//! What each command does.

#[cfg_attr(not(feature = "browse"), path = "no_browse.rs")]
mod browse;
mod copy;
mod demo;
mod diff;
mod export;
mod find;
#[cfg_attr(not(feature = "pictures"), path = "no_html.rs")]
mod html;
mod import;
mod list;
#[cfg_attr(not(feature = "npy"), path = "no_npy.rs")]
mod npy;
mod pack;
mod plot;
mod remove;
mod repack;
#[cfg_attr(not(feature = "serve"), path = "no_serve.rs")]
mod serve;
mod show;
mod stats;
mod verify;

use crate::arguments::{Arguments, Command, PlotArguments, RepackArguments};
use crate::fault::{Fault, Outcome};
use crate::progress::Progress;
use crate::values::pattern;
use crate::{pager, text};
use arraystow::{ListEntry, Storage, StorageBuilder};
use clap::CommandFactory;
use serde::Serialize;
use serde_json::json;
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// How the command was called: what holds for all commands.
pub(crate) struct Call {
    /// The command itself, as a shell finds it again.
    program: String,
    json: bool,
    quiet: bool,
    /// Whether long texts go through a pager.
    pager: bool,
    options: Vec<(String, String)>,
    progress: Progress,
}

impl Call {
    fn open(&self, place: &str) -> Outcome<Storage> {
        self.build(place, Storage::builder(place))
    }

    /// Opens a storage. The options are those of object stores: a folder has none.
    fn build(&self, place: &str, builder: StorageBuilder) -> Outcome<Storage> {
        #[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
        let builder = match is_url(place) {
            true => self.options.iter().fold(builder, |builder, (key, value)| builder.option(key, value)),
            false => builder,
        };
        #[cfg(not(any(feature = "s3", feature = "gcs", feature = "azure")))]
        if is_url(place) && !self.options.is_empty() {
            return Err(crate::fault::lacks("s3"));
        }
        Ok(builder.open()?)
    }

    /// An existing storage: to list a folder that is not there would show nothing, without an error.
    fn existing(&self, place: &str) -> Outcome<Storage> {
        let storage = self.open(place)?;
        if storage.exists()? { Ok(storage) } else { Err(Fault::Other(format!("there is no storage at {place:?}"))) }
    }

    /// Prints a text that may be long.
    fn print(&self, write: impl FnOnce(&mut dyn Write) -> Outcome<()>) -> Outcome<()> {
        pager::print(self.pager, write)
    }

    /// Runs work that may take long. It ends early at a Ctrl-C.
    fn watched<R>(&self, work: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
        self.progress.watch(work)
    }

    /// Runs work that may take long and changes nothing. Ctrl-C ends the process.
    fn looked<R>(&self, work: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
        self.progress.look(work)
    }

    /// Does something for each item, for several of them at the same time in an object store. After an error, no other
    /// one is begun. The results have the order of the items.
    fn each<T: Sync, R: Send>(
        &self,
        in_store: bool,
        items: &[T],
        work: impl Fn(&T) -> Outcome<R> + Sync,
    ) -> Outcome<Vec<R>> {
        self.each_said(in_store, items, work, |_| None)
    }

    /// The same, which also says what was done, in the order of the items.
    fn each_said<T: Sync, R: Send>(
        &self,
        in_store: bool,
        items: &[T],
        work: impl Fn(&T) -> Outcome<R> + Sync,
        said: impl Fn(&R) -> Option<String> + Send + Sync,
    ) -> Outcome<Vec<R>> {
        let has_failed = AtomicBool::new(false);
        let work = |item: &T| {
            let result = (!has_failed.load(Ordering::Relaxed)).then(|| work(item));
            has_failed.fetch_or(matches!(result, Some(Err(_))), Ordering::Relaxed);
            result
        };
        let finished = |result: &Option<Outcome<R>>| {
            if let Some(Ok(result)) = result
                && let Some(text) = said(result)
            {
                self.done(&text);
            }
        };
        self.progress.each(in_store, items, work, finished).into_iter().flatten().collect()
    }

    /// Says what was done.
    fn done(&self, text: &str) {
        if !self.quiet && !self.json {
            self.progress.say(text);
        }
    }

    /// Says that a file was written.
    fn wrote(&self, file: &Path) -> Outcome<()> {
        let bytes = std::fs::metadata(file)?.len();
        if self.json {
            // A path need not be Unicode.
            return print_json(&json!({ "file": file.to_string_lossy(), "bytes": bytes }));
        }
        self.done(&format!("{}: {}", file.display(), text::bytes(bytes)));
        Ok(())
    }

    /// Ends a command that has printed what it could: the errors of the other values come last.
    fn end(&self, errors: impl IntoIterator<Item = arraystow::Error>) -> Outcome<()> {
        let mut faults = errors.into_iter().map(Fault::from);
        let Some(first) = faults.next() else { return Ok(()) };
        for fault in faults {
            fault.report(self.json);
        }
        Err(first)
    }
}

/// Whether a place is in an object store.
fn is_url(place: &str) -> bool {
    place.contains("://")
}

/// Options without an object store would have no effect.
fn check_options(command: &Command) -> Outcome<()> {
    let places = places(command);
    if places.iter().any(|place| is_url(place)) {
        return Ok(());
    }
    let text = "--option is for object stores, and no place of this command is a URL such as s3://bucket/folder";
    Err(Fault::Usage(text.to_owned()))
}

/// The places of a command.
fn places(command: &Command) -> Vec<&str> {
    match command {
        Command::Ls { place, .. }
        | Command::Tree { place, .. }
        | Command::Du { place, .. }
        | Command::Show { place, .. }
        | Command::Stats { place, .. }
        | Command::Head { place, .. }
        | Command::Browse { place, .. }
        | Command::Serve { place, .. }
        | Command::Plot(PlotArguments { place, .. })
        | Command::Find { place, .. }
        | Command::Verify { place, .. }
        | Command::Rename { place, .. }
        | Command::Rm { place, .. }
        | Command::Sweep { place, .. }
        | Command::Export { place, .. }
        | Command::Pack { place, .. }
        | Command::Unpack { place, .. }
        | Command::Repack(RepackArguments { place, .. })
        | Command::Demo { place } => vec![place],
        Command::Diff { place, other_place, .. } => {
            [Some(place), other_place.as_ref()].into_iter().flatten().map(String::as_str).collect()
        }
        Command::Cp { from, to, .. } | Command::Mv { from, to, .. } => vec![from, to],
        Command::Import { source, place, .. } => vec![source, place],
        Command::Completions { .. } | Command::Man => Vec::new(),
    }
}

/// The values that a glob selects: the one of exactly this name, if there is one. A name that is no pattern must be
/// there.
fn select(storage: &Storage, glob: &str) -> Outcome<Vec<ListEntry>> {
    let found = storage.list(&pattern(storage, glob)?)?;
    check_glob(storage, glob, found.is_empty())?;
    Ok(found)
}

/// Fails if nothing was found for a name that is no pattern, and there is no such value.
fn check_glob(storage: &Storage, glob: &str, is_empty: bool) -> Outcome<()> {
    if is_empty && !glob.contains(['*', '?', '[', '{']) {
        storage.info(glob)?;
    }
    Ok(())
}

fn print_json(value: &impl Serialize) -> Outcome<()> {
    // Whole or not at all: some values have no JSON.
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(std::io::stdout().lock().write_all(&text)?)
}

pub(crate) fn run(program: &OsStr, arguments: Arguments) -> Outcome<()> {
    let Arguments { command, json, quiet, no_pager, options } = arguments;
    if !options.is_empty() {
        check_options(&command)?;
    }
    let (program, progress) = (program.to_string_lossy().into_owned(), Progress::new(quiet, json));
    let call = Call { program, json, quiet, pager: !no_pager, options, progress };
    match command {
        Command::Ls { place, glob, long, sort, reverse } => list::ls(&call, &place, &glob, long, sort, reverse),
        Command::Tree { place, glob } => list::tree(&call, &place, &glob),
        Command::Du { place, glob } => list::du(&call, &place, &glob),
        Command::Show { place, name, path, html, force } => match html {
            Some(file) => html::run(&call, &place, &name, path.as_deref(), &file, force),
            None => show::run(&call, &place, &name, path.as_deref()),
        },
        Command::Stats { place, name, path, bins } => stats::stats(&call, &place, &name, path.as_deref(), bins.into()),
        Command::Head { place, name, path, elements } => stats::head(&call, &place, &name, path.as_deref(), elements),
        Command::Browse { place, colors } => browse::run(&call, &place, colors),
        Command::Serve { place, address, port } => serve::run(&call, &place, address, port),
        Command::Plot(arguments) => plot::run(&call, &arguments),
        Command::Find { place, glob, conditions } => find::run(&call, &place, &glob, &conditions),
        Command::Diff { place, name, other, other_place } => {
            diff::run(&call, &place, &name, other.as_deref(), other_place.as_deref())
        }
        Command::Verify { place, glob, depth } => verify::run(&call, &place, &glob, depth),
        Command::Cp { from, to, glob, force } => copy::cp(&call, &from, &to, &glob, force),
        Command::Mv { from, to, glob, yes, force } => copy::mv(&call, &from, &to, &glob, yes, force),
        Command::Rename { place, name, new_name } => copy::rename(&call, &place, &name, &new_name),
        Command::Rm { place, globs, yes } => remove::rm(&call, &place, &globs, yes),
        Command::Sweep { place, dry_run, yes } => remove::sweep(&call, &place, dry_run, yes),
        Command::Export { place, name, path, slice, file, force } => {
            export::run(&call, export::Wanted { place, name, path, slice, file, force })
        }
        Command::Import { source, place, name, array, force } => {
            import::run(&call, &source, &place, &name, &array, force)
        }
        Command::Pack { place, name, output, force } => pack::pack(&call, &place, &name, &output, force),
        Command::Unpack { file, place, name, force } => pack::unpack(&call, &file, &place, &name, force),
        Command::Repack(arguments) => repack::run(&call, &arguments),
        Command::Demo { place } => demo::run(&call, &place),
        Command::Completions { shell } => {
            // It panics if it cannot write.
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "arraystow", &mut text);
            Ok(std::io::stdout().lock().write_all(&text)?)
        }
        Command::Man => manual(),
    }
}

/// Prints the manual page, and behind it those of all commands, which it names.
fn manual() -> Outcome<()> {
    let mut whole = Arguments::command().disable_help_subcommand(true);
    whole.build();
    let mut text = Vec::new();
    for command in [&whole].into_iter().chain(whole.get_subcommands()) {
        clap_mangen::Man::new(command.clone()).render(&mut text)?;
    }
    Ok(std::io::stdout().lock().write_all(&text)?)
}
