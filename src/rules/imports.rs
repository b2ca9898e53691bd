//! What the source files import: read from their text, token by token.

use super::{Result, files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A path of names from the crate's root, of a module or of an item.
pub(super) type Names = Vec<String>;

/// The modules of the crate, by their paths.
pub(super) struct Imports {
    modules: BTreeMap<Names, Module>,
}

#[derive(Default)]
struct Module {
    /// The paths that its code names.
    names: Vec<Names>,
    /// What it exports again, under which name, and where that comes from.
    exports: Vec<(String, Names)>,
}

impl Imports {
    pub(super) fn read() -> Result<Self> {
        let files: Vec<(Names, String)> =
            files("src", &["rs"])?.into_iter().filter_map(|(path, text)| Some((module_of(&path)?, text))).collect();
        let known: BTreeSet<Names> = files.iter().map(|(own, _)| own.clone()).collect();
        let modules = files.into_iter().map(|(own, text)| {
            let module = Module::read(&text, &own, &known);
            (own, module)
        });
        Ok(Self { modules: modules.collect() })
    }

    /// Returns each module with the paths that its code names.
    pub(super) fn names(&self) -> impl Iterator<Item = (&Names, &[Names])> {
        self.modules.iter().map(|(own, module)| (own, module.names.as_slice()))
    }

    /// Returns the modules whose items each module names. An item that is exported again is one of the module that
    /// defines it.
    pub(super) fn edges(&self) -> BTreeMap<&Names, BTreeSet<&Names>> {
        let edges = self.modules.iter().map(|(own, module)| {
            let targets = module.names.iter().filter_map(|path| self.defining(path)).filter(|target| *target != own);
            (own, targets.collect())
        });
        edges.collect()
    }

    fn defining(&self, path: &[String]) -> Option<&Names> {
        let mut path = path.to_vec();
        // No item is exported again more often than there are modules.
        for _ in 0..self.modules.len() {
            let (own, module) = (0..=path.len()).rev().find_map(|len| self.modules.get_key_value(&path[..len]))?;
            let (item, rest) = match &path[own.len()..] {
                [item, rest @ ..] => (item, rest),
                [] => return Some(own),
            };
            match module.exports.iter().find(|(name, _)| name == item) {
                Some((_, from)) => path = [from, rest].concat(),
                None => return Some(own),
            }
        }
        None
    }
}

impl Module {
    fn read(text: &str, own: &Names, known: &BTreeSet<Names>) -> Self {
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let code: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        let code = code.join("\n");
        let tokens = tokens(&code);
        let is_child = |name: &str| known.contains(&[own.as_slice(), &[name.to_owned()]].concat());
        let mut module = Self::default();
        let mut at = 0;
        while at < tokens.len() {
            let is_use = tokens[at] == "use" && tokens.get(at + 1) == Some(&"{");
            // Not in the middle of a path, and not a visibility.
            let is_path = (matches!(tokens[at], "crate" | "super" | "self") || is_child(tokens[at]))
                && (at == 0 || !matches!(tokens[at - 1], "::" | "in"))
                && tokens.get(at + 1) == Some(&"::");
            if !is_use && !is_path {
                at += 1;
                continue;
            }
            let end_of_use = if is_use { Some(at) } else { at.checked_sub(1).filter(|last| tokens[*last] == "use") };
            let is_export = end_of_use.is_some_and(|at| is_public(&tokens[..at]));
            let mut paths = Vec::new();
            at = tree(&tokens, at + usize::from(is_use), Vec::new(), &mut paths);
            let local = |first: &&str| matches!(*first, "crate" | "super" | "self") || is_child(first);
            for (path, name) in paths.into_iter().filter(|(path, _)| path.first().is_some_and(local)) {
                let Some(path) = absolute(&path, own) else { continue };
                if is_export { module.exports.push((name.to_owned(), path)) } else { module.names.push(path) }
            }
        }
        module
    }
}

fn module_of(path: &Path) -> Option<Names> {
    let mut names: Names =
        path.with_extension("").iter().skip(1).map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last()? == "mod" || names == ["lib"] {
        names.pop();
    }
    Some(names)
}

/// Returns whether code ends with `pub` or `pub(...)`.
fn is_public(tokens: &[&str]) -> bool {
    match tokens {
        [.., "pub"] => true,
        [before @ .., ")"] => {
            let open = before.iter().rposition(|token| *token == "(");
            open.is_some_and(|open| before[..open].last() == Some(&"pub"))
        }
        _ => false,
    }
}

/// Splits code into names, `::`, and single other characters.
fn tokens(code: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut left = code.trim_start();
    while let Some(first) = left.chars().next() {
        let len = match first {
            _ if is_name(first) => left.find(|c| !is_name(c)).unwrap_or(left.len()),
            _ if left.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        let (token, rest) = left.split_at(len);
        tokens.push(token);
        left = rest.trim_start();
    }
    tokens
}

/// Reads a path, or a tree of paths in braces, from a position; returns the position after it. Each path comes with the
/// name that it gets.
fn tree<'a>(
    tokens: &[&'a str],
    mut at: usize,
    mut path: Vec<&'a str>,
    paths: &mut Vec<(Vec<&'a str>, &'a str)>,
) -> usize {
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = tree(tokens, at, path.clone(), paths);
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                return at + 1;
            }
            Some(name) => path.push(name),
            None => return at,
        }
        at += 1;
        match &tokens[at.min(tokens.len())..] {
            ["::", ..] => at += 1,
            ["as", name, ..] => {
                paths.push((path, name));
                return at + 2;
            }
            _ => {
                let name = path.iter().rev().find(|name| **name != "self").copied().unwrap_or_default();
                paths.push((path, name));
                return at;
            }
        }
    }
}

/// Returns a path from the crate's root.
fn absolute(path: &[&str], own: &Names) -> Option<Names> {
    let up = path.iter().take_while(|name| **name == "super").count();
    let mut base = if path.first() == Some(&"crate") { Vec::new() } else { own[..own.len().checked_sub(up)?].to_vec() };
    let rest = path.iter().filter(|name| !matches!(**name, "crate" | "super" | "self"));
    base.extend(rest.map(|name| (*name).to_owned()));
    Some(base)
}
