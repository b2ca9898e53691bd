//! The machine that runs a pickle: a stack, a memo, and opcodes.
//!
//! Python's machine calls the functions that a pickle names. This one calls nothing: a call becomes an [`Object`] with
//! the name of the function, except for the few calls that plain values need; see [`plain`]. Time and memory are
//! proportional to the length of the pickle: each opcode makes a bounded number of values.

use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{PLAIN, STORED};
use crate::plugin::format::pickle::nodes::{Global, Graph, Id, Node, Object, Ref};
use crate::plugin::format::pickle::plain;
use crate::plugin::format::pickle::scalar::{NOT_UNICODE, Scalar};
use crate::plugin::format::pickle::store::Store;
use std::borrow::Cow;
use std::collections::HashMap;

struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    store: Store<'a>,
    stack: Vec<Ref>,
    /// The heights of the stack at the marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Ref>,
    ids: Vec<Id>,
}

/// Why a pickle cannot be read.
type Fault = String;

/// Reads a pickle. Nothing may follow it.
pub(super) fn read(input: &[u8]) -> Result<Graph<'_>, Fault> {
    let mut machine = Machine {
        input,
        at: 0,
        store: Store::new(input.len()),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        ids: Vec::new(),
    };
    let root = machine.run().map_err(|fault| format!("the pickle cannot be read at byte {}: {fault}", machine.at))?;
    Ok(Graph::new(machine.store.nodes, root, machine.ids, input.len()))
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Ref, Fault> {
        loop {
            let [opcode] = self.array()?;
            match opcode {
                b'.' if self.at == self.input.len() => return self.pop(),
                b'.' => return Err("bytes follow its end".into()),
                b'(' => self.marks.push(self.stack.len()),
                b'0' => self.discard()?,
                b'1' => drop(self.pop_to_mark()?),
                b'2' => {
                    let top = self.top()?;
                    self.stack.push(top);
                }
                b'N' | 0x88 | 0x89 | b'J' | b'K' | b'M' | 0x8a | 0x8b | b'G' => self.number(opcode)?,
                b'T' | b'U' | b'X' | b'B' | b'C' | 0x8c | 0x8d | 0x8e | 0x96 => self.text(opcode)?,
                b']' => self.push(Node::List(Vec::new()))?,
                b')' => self.push(Node::Tuple(Vec::new()))?,
                b'}' => self.push(Node::Dict(Vec::new()))?,
                0x8f => self.push(Node::Set(Vec::new()))?,
                b'l' => self.gather(Node::List)?,
                b't' => self.gather(Node::Tuple)?,
                b'd' => self.gather(Node::Dict)?,
                0x91 => self.gather(Node::Set)?,
                0x85..=0x87 => {
                    let elements = self.pop_many(usize::from(opcode - 0x84))?;
                    self.push(Node::Tuple(elements))?;
                }
                b'a' => self.pop().and_then(|element| self.extend(vec![element], opcode))?,
                b's' => self.pop_many(2).and_then(|entry| self.extend(entry, opcode))?,
                b'e' | b'u' | 0x90 => self.pop_to_mark().and_then(|elements| self.extend(elements, opcode))?,
                b'q' | b'r' | 0x94 => self.put(opcode)?,
                b'h' | b'j' => self.get(opcode)?,
                b'Q' => self.persistent_id()?,
                b'c' | 0x93 => self.global(opcode)?,
                b'R' | 0x81 => self.call(opcode)?,
                b'b' => self.build()?,
                0x92 | b'i' | b'o' | 0x82..=0x84 => self.object(opcode)?,
                0x80 => match self.array()? {
                    [2..=5] => {}
                    [protocol] => return Err(format!("its protocol is {protocol}, and only 2 to 5 can be read")),
                },
                // Frames do not matter: the whole pickle is in memory.
                0x95 => drop(self.array::<8>()?),
                b'F' | b'I' | b'L' | b'P' | b'S' | b'V' | b'g' | b'p' => {
                    let opcode = char::from(opcode);
                    return Err(format!("the opcode {opcode:?} is of protocol 0 or 1, and only 2 to 5 can be read"));
                }
                0x97 | 0x98 => return Err("a part of it was stored elsewhere (an out-of-band buffer)".into()),
                opcode => return Err(format!("the opcode {opcode:#04x} does not exist")),
            }
        }
    }

    fn bytes(&mut self, len: u64) -> Result<&'a [u8], Fault> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let bytes = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let bytes = bytes.ok_or_else(|| format!("it is cut off: {len} bytes should follow"))?;
        self.at += bytes.len();
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.bytes(N as u64)?.try_into().map_err(|_| "it is cut off".into())
    }

    fn line(&mut self) -> Result<&'a str, Fault> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let len = rest.iter().position(|byte| *byte == b'\n').ok_or("a line has no end")?;
        let line = self.bytes(len as u64)?;
        self.at += 1;
        str::from_utf8(line).map_err(|_| "a name is not in UTF-8".into())
    }

    fn push(&mut self, node: Node<'a>) -> Result<(), Fault> {
        let number = self.store.add(node)?;
        self.stack.push(number);
        Ok(())
    }

    /// The height of the stack at the last mark. Nothing below it is taken.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Ref, Fault> {
        let top = self.stack.last().filter(|_| self.stack.len() > self.floor());
        top.copied().ok_or_else(|| "its stack is empty".into())
    }

    fn pop(&mut self) -> Result<Ref, Fault> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// Removes the top of the stack, which may be a mark.
    fn discard(&mut self) -> Result<(), Fault> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Ref>, Fault> {
        let from = self.stack.len().checked_sub(count).filter(|from| *from >= self.floor());
        Ok(self.stack.drain(from.ok_or("its stack is empty")?..).collect())
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Ref>, Fault> {
        let mark = self.marks.pop().ok_or("there is no mark on its stack")?;
        Ok(self.stack.drain(mark.min(self.stack.len())..).collect())
    }

    fn gather(&mut self, node: fn(Vec<Ref>) -> Node<'a>) -> Result<(), Fault> {
        let values = self.pop_to_mark()?;
        let node = node(values);
        match &node {
            Node::Dict(entries) if entries.len() % 2 == 1 => Err("a key has no value".into()),
            _ => self.push(node),
        }
    }

    fn number(&mut self, opcode: u8) -> Result<(), Fault> {
        let scalar = match opcode {
            b'N' => Scalar::None,
            0x88 => Scalar::Bool(true),
            0x89 => Scalar::Bool(false),
            b'J' => Scalar::Integer(i32::from_le_bytes(self.array()?).into()),
            b'K' => Scalar::Integer(u8::from_le_bytes(self.array()?).into()),
            b'M' => Scalar::Integer(u16::from_le_bytes(self.array()?).into()),
            b'G' => Scalar::Float64(f64::from_be_bytes(self.array()?)),
            opcode => {
                let len = if opcode == 0x8a { u8::from_le_bytes(self.array()?).into() } else { self.length::<4>()? };
                integer(self.bytes(len)?)
            }
        };
        self.push(Node::Scalar(scalar))
    }

    fn length<const N: usize>(&mut self) -> Result<u64, Fault> {
        Ok(self.array::<N>()?.iter().rev().fold(0, |length, byte| length << 8 | u64::from(*byte)))
    }

    fn text(&mut self, opcode: u8) -> Result<(), Fault> {
        let len = match opcode {
            b'U' | b'C' | 0x8c => self.length::<1>()?,
            b'T' | b'X' | b'B' => self.length::<4>()?,
            _ => self.length::<8>()?,
        };
        let bytes = self.bytes(len)?;
        // Such a string is an error where it is read. A document may have one that its type does not read.
        let text =
            |why| str::from_utf8(bytes).map_or(Scalar::Unreadable(why), |text| Scalar::Text(Cow::Borrowed(text)));
        self.push(Node::Scalar(match opcode {
            b'X' | 0x8c | 0x8d => text(NOT_UNICODE),
            b'T' | b'U' => text("of Python 2 is not in UTF-8"),
            _ => Scalar::Bytes(Cow::Borrowed(bytes)),
        }))
    }

    /// Appends to the list, set, dict or object on the top of the stack.
    fn extend(&mut self, values: Vec<Ref>, opcode: u8) -> Result<(), Fault> {
        let of_entries = matches!(opcode, b's' | b'u');
        if of_entries && values.len() % 2 == 1 {
            return Err("a key has no value".into());
        }
        let top = self.top()?;
        match (self.store.nodes.get_mut(top as usize), opcode) {
            (Some(Node::List(into)), b'a' | b'e') | (Some(Node::Set(into)), 0x90) => into.extend(values),
            (Some(Node::Dict(into)), _) if of_entries => into.extend(values),
            (Some(Node::Object(object)), _) => object.parts.extend(values),
            _ => return Err("something is appended to a value that is not a list, a set or a dict".into()),
        }
        Ok(())
    }

    fn put(&mut self, opcode: u8) -> Result<(), Fault> {
        let number = match opcode {
            b'q' => u8::from_le_bytes(self.array()?).into(),
            b'r' => u32::from_le_bytes(self.array()?),
            _ => u32::try_from(self.memo.len()).map_err(|_| "its memo is too large")?,
        };
        let top = self.top()?;
        self.memo.insert(number, top);
        Ok(())
    }

    fn get(&mut self, opcode: u8) -> Result<(), Fault> {
        let number = match opcode {
            b'h' => u8::from_le_bytes(self.array()?).into(),
            _ => u32::from_le_bytes(self.array()?),
        };
        let node = *self.memo.get(&number).ok_or_else(|| format!("entry {number} of its memo is empty"))?;
        self.stack.push(node);
        Ok(())
    }

    /// A part of an id, which is short.
    fn id_part(&self, node: Ref) -> Option<String> {
        const MOST: usize = 128;
        match self.store.node(node) {
            Ok(Node::Scalar(Scalar::Text(text))) if text.len() <= MOST => Some(text.to_string()),
            _ => None,
        }
    }

    fn two(&self, node: Ref) -> Option<[Ref; 2]> {
        match self.store.node(node) {
            Ok(Node::Tuple(parts) | Node::List(parts)) => parts.as_slice().try_into().ok(),
            _ => None,
        }
    }

    /// Takes the id on the top of the stack: `(name, (version, file))`. The id of a plain array becomes the map of the
    /// form `STORED`.
    fn persistent_id(&mut self) -> Result<(), Fault> {
        let pid = self.pop()?;
        let parts = self.two(pid).and_then(|[name, rest]| {
            let [version, file] = self.two(rest)?;
            Some((self.id_part(name)?, (self.id_part(version)?, self.id_part(file)?)))
        });
        let Some((name, (mut version, file))) = parts else {
            return Err(
                "a persistent id is not of the form (name, (version, file)), as FunctionFuse writes them".into()
            );
        };
        let plain = version.ends_with(PLAIN);
        if plain {
            version.truncate(version.len() - PLAIN.len());
        }
        let id = PersistentId::try_from((name.clone(), (version.clone(), file.clone())));
        let id = id.map_err(|error| error.to_string())?;
        let mut text = |text: String| self.store.add(Node::Scalar(Scalar::Text(Cow::Owned(text))));
        let node = if plain {
            let (name, version, file, form) = (text(name)?, text(version)?, text(file)?, text(STORED.to_owned())?);
            let rest = self.store.add(Node::Tuple(vec![version, file]))?;
            let pid = self.store.add(Node::Tuple(vec![name, rest]))?;
            self.store.add(Node::Dict(vec![form, pid]))?
        } else {
            pid
        };
        self.ids.push(Id { node, id, plain });
        self.stack.push(node);
        Ok(())
    }

    fn global(&mut self, opcode: u8) -> Result<(), Fault> {
        let (module, name) = if opcode == b'c' {
            (self.line()?, self.line()?)
        } else {
            let name = self.pop_many(2)?;
            let [Some(module), Some(name)] = [0, 1].map(|at| self.borrowed_text(*name.get(at)?)) else {
                return Err("the name of a class is not a string".into());
            };
            (module, name)
        };
        self.push(Node::Global(Box::new(Global { module, name })))
    }

    fn borrowed_text(&self, node: Ref) -> Option<&'a str> {
        match self.store.node(node) {
            Ok(Node::Scalar(Scalar::Text(Cow::Borrowed(text)))) => Some(text),
            _ => None,
        }
    }

    /// Pushes the result of a call, for the calls that plain values need.
    fn call(&mut self, opcode: u8) -> Result<(), Fault> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        if opcode == b'R'
            && let Node::Global(global) = self.store.node(callee)?
            && let global = **global
            && let Some(node) = plain::call(&mut self.store, global, arguments)?
        {
            return self.push(node);
        }
        self.push(Node::Object(Box::new(Object { callee: Some(callee), parts: vec![arguments] })))
    }

    /// Pushes an object that only code can build.
    fn object(&mut self, opcode: u8) -> Result<(), Fault> {
        let object = match opcode {
            0x92 => {
                let parts = self.pop_many(2)?;
                Object { callee: Some(self.pop()?), parts }
            }
            b'i' => {
                let global = Global { module: self.line()?, name: self.line()? };
                Object { callee: Some(self.store.add(Node::Global(Box::new(global)))?), parts: self.pop_to_mark()? }
            }
            b'o' => {
                let parts = self.pop_to_mark()?;
                Object { callee: parts.first().copied(), parts }
            }
            _ => {
                self.bytes(1 << (opcode - 0x82))?;
                Object { callee: None, parts: Vec::new() }
            }
        };
        self.push(Node::Object(Box::new(object)))
    }

    /// Sets the state of the object on the top of the stack.
    fn build(&mut self) -> Result<(), Fault> {
        let (state, object) = (self.pop()?, self.top()?);
        let built = plain::build(&mut self.store, object, state)?;
        match (built, self.store.nodes.get_mut(object as usize)) {
            (Some(node), Some(place)) => *place = node,
            (None, Some(Node::Object(object))) => object.parts.push(state),
            _ => return Err("a state is set on a value that is not an object".into()),
        }
        Ok(())
    }
}

/// An integer in two's complement, little-endian.
fn integer(bytes: &[u8]) -> Scalar<'_> {
    let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    // Drops bytes that only repeat the sign.
    let mut len = bytes.len();
    while len > 16 && bytes[len - 1] == fill && (bytes[len - 2] >= 0x80) == negative {
        len -= 1;
    }
    let mut wide = [fill; 16];
    match wide.get_mut(..len) {
        Some(place) => {
            place.copy_from_slice(&bytes[..len]);
            Scalar::Integer(i128::from_le_bytes(wide))
        }
        None => Scalar::Large(&bytes[..len]),
    }
}
