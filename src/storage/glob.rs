//! Globs over names. Every glob passes through here, bounded before a parser sees it: a glob may come from an untrusted
//! user, and parsers of globs recurse.

use super::name::Workflow;
use crate::error::{Error, ErrorKind, Result};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

const MOST_BYTES: usize = 4096;
const MOST_NESTED: usize = 8;
const MOST_ALTERNATIVES: usize = 256;

/// A checked glob.
pub(super) struct Glob {
    set: GlobSet,
    workflow: Option<Workflow>,
    /// The number of segments of all names that the glob can match, if it is the same for all.
    segments: Option<usize>,
}

impl Glob {
    pub(super) fn parse(text: &str) -> Result<Self> {
        check(text)?;
        let refused = |error: globset::Error| refuse(error.kind().to_string());
        let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build().map_err(refused)?;
        // A matcher of one glob panics where a set has an error.
        let set = GlobSetBuilder::new().add(glob).build().map_err(refused)?;
        let is_fixed = !text.contains("**") && !text.contains(['{', '[', '\\']);
        let segments = is_fixed.then(|| text.split('/').count());
        Ok(Self { set, workflow: Workflow::parse(literal_workflow(text)).ok(), segments })
    }

    pub(super) fn is_match(&self, name: &str) -> bool {
        self.set.is_match(name)
    }

    /// Whether the glob may match a name that is directly in this workflow.
    pub(super) fn reaches_into(&self, workflow: &Workflow) -> bool {
        let above = if workflow.is_root() { 0 } else { workflow.as_str().split('/').count() };
        self.segments.is_none_or(|segments| segments == above + 1)
    }

    /// The workflow that everything that the glob can match is in or below; none if no name can match.
    pub(super) fn workflow(&self) -> Option<&Workflow> {
        self.workflow.as_ref()
    }
}

fn literal_workflow(glob: &str) -> &str {
    let literal = glob.find(['*', '?', '[', ']', '{', '}', '\\']).map_or(glob, |special| &glob[..special]);
    literal.rsplit_once('/').map_or("", |(workflow, _)| workflow)
}

fn check(glob: &str) -> Result<()> {
    if glob.is_empty() {
        return Err(Error::new(ErrorKind::InvalidName, "an empty glob matches nothing: \"**\" matches everything"));
    }
    if glob.len() > MOST_BYTES {
        return Err(refuse(format!("it has {} bytes, and the limit is {MOST_BYTES}", glob.len())));
    }
    let (mut nested, mut alternatives) = (0_usize, 0_usize);
    let mut chars = glob.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            '{' => {
                nested += 1;
                alternatives += 1;
            }
            '}' => nested = nested.saturating_sub(1),
            ',' if nested > 0 => alternatives += 1,
            _ => {}
        }
        if nested > MOST_NESTED {
            return Err(refuse(format!("its braces are nested more than {MOST_NESTED} levels deep")));
        }
        if alternatives > MOST_ALTERNATIVES {
            return Err(refuse(format!("it has more than {MOST_ALTERNATIVES} alternatives: use several globs")));
        }
    }
    Ok(())
}

fn refuse(why: String) -> Error {
    Error::new(ErrorKind::InvalidName, format!("the glob cannot be used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_segment_and_two_do_not() {
        for (glob, matched, others) in [
            ("*", &["a", "survey 1"][..], &["a/b"][..]),
            ("**", &["a", "a/b", "a/b/c"], &[]),
            ("a/*", &["a/b"], &["a", "a/b/c", "ab/c"]),
            ("a/**", &["a/b", "a/b/c"], &["b/a"]),
            ("**/c", &["c", "a/c", "a/b/c"], &["a/b"]),
            ("run-?", &["run-1"], &["run-10", "run-", "a/run-1"]),
            ("run-[0-3]", &["run-2"], &["run-4"]),
            ("{a,b/c}/d", &["a/d", "b/c/d"], &["b/d"]),
            ("a\\*", &["a*"], &["ab"]),
            ("a", &["a"], &["A"]),
        ] {
            let parsed = Glob::parse(glob).unwrap();
            assert!(matched.iter().all(|name| parsed.is_match(name)), "{glob}");
            assert!(!others.iter().any(|name| parsed.is_match(name)), "{glob}");
        }
    }

    #[test]
    fn a_glob_is_looked_for_below_its_literal_workflow() {
        for (glob, workflow) in [
            ("**", Some("")),
            ("a*/b", Some("")),
            ("a/b/c", Some("a/b")),
            ("a/b*/c", Some("a")),
            ("a/{b,c}/d", Some("a")),
            // No name can match.
            ("../*", None),
            ("a//b", None),
            ("bigdata/*", None),
        ] {
            assert_eq!(Glob::parse(glob).unwrap().workflow().map(Workflow::as_str), workflow, "{glob}");
        }
    }

    #[test]
    fn what_is_no_glob_or_too_large_is_refused() {
        let nested = format!("{}a{}", "{".repeat(MOST_NESTED + 1), "}".repeat(MOST_NESTED + 1));
        let alternatives = format!("{{{}}}", "a,".repeat(MOST_ALTERNATIVES));
        for (glob, why) in [
            ("", "**"),
            ("a[", "cannot be used"),
            ("{a", "cannot be used"),
            (&nested, "nested more than"),
            (&alternatives, "alternatives"),
            (&"a".repeat(MOST_BYTES + 1), "4096"),
        ] {
            let error = Glob::parse(glob).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::InvalidName, "{glob}");
            assert!(error.to_string().contains(why) && error.to_string().len() < 200, "{error}");
        }
    }
}
