//! Checks the source files against the order of the modules in CONTRIBUTING.md.
//!
//! A file may name, after `crate::` or `super::`, only modules that come before its own. Names that stand in comments,
//! in documentation and in unit tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The modules of the crate, lowest first. `conformance` is above all of them.
const CRATE: [&str; 13] = [
    "error",
    "near",
    "lock",
    "per_process",
    "limits",
    "task",
    "array",
    "protocol",
    "backend",
    "engine",
    "foreign",
    "plugin",
    "storage",
];
/// The modules of the plug-in, lowest first.
const PLUGIN: [&str; 12] =
    ["document", "format", "external", "shared", "walk", "ser", "de", "drive", "fields", "resolver", "write", "api"];
/// Files of the plug-in that import each other, since serializing and deserializing are recursive.
const CIRCLES: [&[&str]; 2] =
    [&["de/arrays", "de/deserializer", "de/key_parts", "de/keys"], &["ser/arrays", "ser/maps", "ser/serializer"]];

#[test]
fn modules_import_only_from_those_before_them() -> Result<()> {
    let mut wrong = Vec::new();
    for (file, imports) in imports()? {
        let Some(own) = file.first().and_then(|name| place(&CRATE, name)) else { continue };
        for import in &imports {
            match import.first().map(|name| place(&CRATE, name)) {
                Some(Some(there)) if there <= own => {}
                _ => wrong.push(format!("{} imports {}", file.join("::"), import.join("::"))),
            }
        }
    }
    assert!(wrong.is_empty(), "against the order {CRATE:?}:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn rooms_of_the_plugin_import_only_from_those_before_them() -> Result<()> {
    let mut wrong = Vec::new();
    for (file, imports) in imports()? {
        let [first, room, ..] = file.as_slice() else { continue };
        if first != "plugin" {
            continue;
        }
        let own = place(&PLUGIN, room).ok_or_else(|| format!("the room {room} has no place in the order"))?;
        for import in imports.iter().filter(|import| import.first() == Some(first)) {
            match import.get(1).map(|name| place(&PLUGIN, name)) {
                Some(Some(there)) if there <= own => {}
                _ => wrong.push(format!("{} imports {}", file.join("::"), import.join("::"))),
            }
        }
    }
    assert!(wrong.is_empty(), "against the order {PLUGIN:?}:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn files_of_the_plugin_make_no_circles_but_the_known_ones() -> Result<()> {
    let imports = imports()?;
    let files: BTreeSet<&Vec<String>> = imports.keys().filter(|file| file.len() > 2 && file[0] == "plugin").collect();
    let mut edges: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> = BTreeMap::new();
    for file in &files {
        let targets = imports[*file].iter().filter_map(|import| {
            files
                .iter()
                .filter(|target| import.starts_with(target) && target != &file)
                .max_by_key(|target| target.len())
        });
        edges.insert(file, targets.copied().collect());
    }
    let reachable = |from: &Vec<String>| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(at) = open.pop() {
            open.extend(edges.get(at).into_iter().flatten().filter(|next| seen.insert(**next)).copied());
        }
        seen.into_iter().cloned().collect::<BTreeSet<_>>()
    };
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for file in &files {
        let there_and_back: Vec<String> = reachable(file)
            .into_iter()
            .filter(|other| reachable(other).contains(*file))
            .map(|other| other[1..].join("/"))
            .collect();
        if there_and_back.len() > 1 {
            circles.insert(there_and_back);
        }
    }
    let known: BTreeSet<Vec<String>> =
        CIRCLES.iter().map(|circle| circle.iter().map(|&file| file.to_owned()).collect()).collect();
    assert_eq!(circles, known);
    Ok(())
}

fn place(order: &[&str], name: &str) -> Option<usize> {
    order.iter().position(|module| *module == name)
}

/// Returns the paths that each file names, by the file's module path.
fn imports() -> Result<BTreeMap<Vec<String>, Vec<Vec<String>>>> {
    let mut imports = BTreeMap::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[], &mut imports)?;
    Ok(imports)
}

fn collect(folder: &Path, module: &[String], imports: &mut BTreeMap<Vec<String>, Vec<Vec<String>>>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let inner = [module, std::slice::from_ref(&name)].concat();
        if path.is_dir() {
            collect(&path, &inner, imports)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let own = if name == "mod" { module.to_vec() } else { inner };
            let text = fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            imports.insert(own.clone(), named_in(code, &own));
        }
    }
    Ok(())
}

/// Returns the paths in the code that begin with `crate` or `super`, made absolute.
fn named_in(code: &str, own: &[String]) -> Vec<Vec<String>> {
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let tokens = tokens(&code);
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // Not in the middle of a path, and not a visibility.
        let is_begin = matches!(tokens[at], "crate" | "super") && (at == 0 || !matches!(tokens[at - 1], "::" | "in"));
        if is_begin && tokens.get(at + 1) == Some(&"::") {
            at = tree(&tokens, at, Vec::new(), &mut paths);
        } else {
            at += 1;
        }
    }
    paths.into_iter().filter_map(|path| absolute(&path, own)).collect()
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

/// Reads a path, or a tree of paths in braces, from a position; returns the position after it.
fn tree<'a>(tokens: &[&'a str], mut at: usize, mut path: Vec<&'a str>, paths: &mut Vec<Vec<&'a str>>) -> usize {
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = tree(tokens, at, path.clone(), paths);
                    while tokens.get(at).is_some_and(|token| !matches!(*token, "," | "}")) {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                return at + 1;
            }
            Some(name) => path.push(name),
            None => return at,
        }
        at += 1;
        if tokens.get(at) != Some(&"::") {
            paths.push(path);
            return at;
        }
        at += 1;
    }
}

/// Returns a path from the crate's root.
fn absolute(path: &[&str], own: &[String]) -> Option<Vec<String>> {
    let up = path.iter().take_while(|name| **name == "super").count();
    let mut base = if path.first() == Some(&"crate") { Vec::new() } else { own[..own.len().checked_sub(up)?].to_vec() };
    base.extend(path.iter().skip(up.max(1)).filter(|name| **name != "self").map(|name| (*name).to_owned()));
    Some(base)
}
