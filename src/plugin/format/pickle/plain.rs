//! The few calls that plain values need, by their exact names. Protocols 2 and 3 have no opcodes for bytes and sets,
//! and no protocol has opcodes for numpy's scalars and arrays. Nothing is called: this module makes the result of the
//! call.

use crate::plugin::document::names::{ARRAY_FIELDS, INLINE};
use crate::plugin::format::pickle::elements::{NumpyElements, NumpyType};
use crate::plugin::format::pickle::nodes::{Global, Node, Object, Ref};
use crate::plugin::format::pickle::scalar::Scalar;
use crate::plugin::format::pickle::store::Store;
use std::borrow::Cow;

const UNFIT: &str = "a numpy array is not of its own shape and dtype";
/// The most axes of an array of numpy.
const MOST_AXES: usize = 64;

/// Returns the result of a call. `None` if it is not a plain value.
pub(super) fn call<'a>(
    store: &mut Store<'a>,
    Global { module, name }: Global<'a>,
    arguments: Ref,
) -> Result<Option<Node<'a>>, String> {
    let Node::Tuple(arguments) = store.node(arguments)? else { return Ok(None) };
    let mut given = [None; 5];
    if arguments.len() > given.len() {
        return Ok(None);
    }
    given.iter_mut().zip(arguments).for_each(|(place, argument)| *place = Some(*argument));
    match (module, name) {
        ("builtins" | "__builtin__", "set" | "frozenset") => set(store, given),
        ("builtins" | "__builtin__", "bytes" | "bytearray") | ("_codecs", "encode") => bytes(store, given),
        ("builtins" | "__builtin__", "complex") => Ok(complex(store, given)),
        ("numpy", "dtype") => Ok(numpy_type(store, given)),
        ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => scalar(store, given),
        ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => {
            let is_array = given[0].is_some_and(|class| {
                matches!(store.node(class), Ok(Node::Global(class)) if (class.module, class.name) == ("numpy", "ndarray"))
            });
            Ok(is_array.then_some(Node::Unfilled))
        }
        ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => from_buffer(store, given),
        _ => Ok(None),
    }
}

type Arguments = [Option<Ref>; 5];

fn set<'a>(store: &mut Store<'a>, arguments: Arguments) -> Result<Option<Node<'a>>, String> {
    let Some(elements) = arguments[0] else { return Ok(Some(Node::Set(Vec::new()))) };
    let (Node::List(elements) | Node::Tuple(elements) | Node::Set(elements)) = store.node(elements)? else {
        return Ok(None);
    };
    let elements = elements.clone();
    store.copying(size_of::<Ref>() * elements.len())?;
    Ok(Some(Node::Set(elements)))
}

/// Makes bytes from bytes, or from a string in Latin-1.
fn bytes<'a>(store: &mut Store<'a>, arguments: Arguments) -> Result<Option<Node<'a>>, String> {
    let bytes = match (arguments[0].map(|text| store.node(text)).transpose()?, text(store, arguments[1])) {
        (None, None) => Cow::Borrowed(&b""[..]),
        (Some(Node::Scalar(Scalar::Bytes(bytes))), None) => bytes.clone(),
        (Some(Node::Scalar(Scalar::Text(text))), Some("latin1" | "latin-1")) => {
            let bytes: Option<Vec<u8>> = text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect();
            Cow::Owned(bytes.ok_or("bytes have a character above 255")?)
        }
        _ => return Ok(None),
    };
    if let Cow::Owned(bytes) = &bytes {
        store.copying(bytes.len())?;
    }
    Ok(Some(Node::Scalar(Scalar::Bytes(bytes))))
}

fn complex<'a>(store: &Store<'a>, [real, imaginary, ..]: Arguments) -> Option<Node<'a>> {
    let part = |part: Option<Ref>| match store.node(part?) {
        Ok(Node::Scalar(Scalar::Float64(part))) => Some(*part),
        _ => None,
    };
    Some(Node::Scalar(Scalar::Complex(part(real)?, part(imaginary)?)))
}

fn numpy_type<'a>(store: &Store<'a>, [name, ..]: Arguments) -> Option<Node<'a>> {
    text(store, name).and_then(NumpyType::parse).map(|parsed| Node::NumpyType(Box::new(parsed)))
}

fn scalar<'a>(store: &mut Store<'a>, [of, bytes, ..]: Arguments) -> Result<Option<Node<'a>>, String> {
    let (Some(Ok(Node::NumpyType(of))), Some(Ok(Node::Scalar(Scalar::Bytes(bytes))))) =
        (of.map(|of| store.node(of)), bytes.map(|bytes| store.node(bytes)))
    else {
        return Ok(None);
    };
    if !of.is_plain() {
        return Ok(None);
    }
    let scalar = match bytes {
        Cow::Borrowed(bytes) => of.element(bytes),
        Cow::Owned(bytes) => of.element(bytes).map(owned),
    };
    let copied = bytes.len();
    store.copying(copied)?;
    scalar.map(|scalar| Some(Node::Scalar(scalar))).ok_or_else(|| "a numpy scalar is not of its own dtype".to_owned())
}

/// Makes one element from the bytes of this node.
fn owned<'a>(scalar: Scalar<'_>) -> Scalar<'a> {
    match scalar {
        Scalar::None => Scalar::None,
        Scalar::Bool(value) => Scalar::Bool(value),
        Scalar::Integer(value) => Scalar::Integer(value),
        Scalar::Float32(value) => Scalar::Float32(value),
        Scalar::Float64(value) => Scalar::Float64(value),
        Scalar::Complex(real, imaginary) => Scalar::Complex(real, imaginary),
        Scalar::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
        Scalar::Bytes(bytes) => Scalar::Bytes(Cow::Owned(bytes.into_owned())),
        Scalar::Unreadable(why) => Scalar::Unreadable(why),
        // A dtype has no such element.
        Scalar::Large(_) => Scalar::None,
    }
}

fn from_buffer<'a>(
    store: &mut Store<'a>,
    [bytes, of, shape, order, axes]: Arguments,
) -> Result<Option<Node<'a>>, String> {
    let (Some(bytes), Some(of), Some(shape)) = (bytes, of, shape) else { return Ok(None) };
    let order = match (text(store, order), axes) {
        (Some("C"), None) => Order::C,
        (Some("F"), None) => Order::Fortran,
        (Some("K"), Some(axes)) => Order::Axes(axes),
        _ => return Ok(None),
    };
    array(store, of, shape, order, bytes)
}

/// The order of an array's elements in memory.
#[derive(Clone, Copy)]
enum Order {
    C,
    Fortran,
    /// C order before the axes were transposed to this tuple.
    Axes(Ref),
}

/// Puts the axes into the order that the array has, and returns where each of them is in memory. `None` in C order.
fn transpose(store: &Store<'_>, order: Order, axes: &mut Vec<Ref>) -> Result<Option<Vec<usize>>, String> {
    let numbers = match order {
        Order::C => return Ok(None),
        Order::Fortran => return Ok(Some((0..axes.len()).rev().collect())),
        Order::Axes(numbers) => store.node(numbers)?,
    };
    let Node::Tuple(numbers) = numbers else { return Err(UNFIT.to_owned()) };
    let mut places = vec![None; axes.len()];
    let mut transposed = Vec::with_capacity(axes.len());
    for (axis, number) in numbers.iter().enumerate() {
        let number = length(store, *number).filter(|number| places.get(*number) == Some(&None)).ok_or(UNFIT)?;
        places[number] = Some(axis);
        transposed.push(axes[number]);
    }
    *axes = transposed;
    places.into_iter().collect::<Option<_>>().map(Some).ok_or_else(|| UNFIT.to_owned())
}

/// A number that is not negative.
fn length(store: &Store<'_>, number: Ref) -> Option<usize> {
    match store.node(number) {
        Ok(Node::Scalar(Scalar::Integer(length))) => usize::try_from(*length).ok(),
        _ => None,
    }
}

/// Returns what an object becomes when its state is set. `None` if it stays the same.
pub(super) fn build<'a>(store: &mut Store<'a>, object: Ref, state: Ref) -> Result<Option<Node<'a>>, String> {
    let Node::Tuple(state) = store.node(state)? else { return Ok(None) };
    match (store.node(object)?, state.as_slice()) {
        (Node::NumpyType(of), [_, order, ..]) => {
            let order = text(store, Some(*order)).unwrap_or_default();
            Ok(Some(Node::NumpyType(Box::new(of.ordered(order)))))
        }
        (Node::Unfilled, [_, shape, of, order, bytes]) => {
            let fortran_order = matches!(store.node(*order)?, Node::Scalar(Scalar::Bool(true)));
            let order = if fortran_order { Order::Fortran } else { Order::C };
            let (shape, of, bytes) = (*shape, *of, *bytes);
            let filled = array(store, of, shape, order, bytes)?;
            Ok(Some(filled.unwrap_or_else(|| Node::Object(Box::new(Object { callee: Some(of), parts: vec![bytes] })))))
        }
        _ => Ok(None),
    }
}

/// Makes an inline `ndarray` from a numpy array. `None` if its elements are not plain values.
fn array<'a>(store: &mut Store<'a>, of: Ref, shape: Ref, order: Order, bytes: Ref) -> Result<Option<Node<'a>>, String> {
    let (Node::NumpyType(of), Node::Tuple(axes)) = (store.node(of)?, store.node(shape)?) else { return Ok(None) };
    let Node::Scalar(Scalar::Bytes(bytes)) = store.node(bytes)? else { return Ok(None) };
    if !of.is_plain() {
        return Ok(None);
    }
    if axes.len() > MOST_AXES {
        return Err(format!("a numpy array has {} axes, and numpy has no more than {MOST_AXES}", axes.len()));
    }
    let (of, mut axes) = (of.clone(), axes.clone());
    let order = transpose(store, order, &mut axes)?;
    let lengths = axes.iter().map(|axis| length(store, *axis)).collect::<Option<Vec<usize>>>();
    let bytes = bytes.clone();
    if order.is_some() || matches!(bytes, Cow::Owned(_)) {
        store.copying(bytes.len())?;
    }
    store.copying(size_of::<Ref>() * axes.len())?;
    let elements = lengths.and_then(|lengths| NumpyElements::new(&of, &lengths, order.as_deref(), bytes));
    let elements = elements.ok_or(UNFIT)?;
    let mut entries = Vec::with_capacity(2 * ARRAY_FIELDS.len());
    let data = store.add(Node::Elements(Box::new(elements)))?;
    let version = store.add(Node::Scalar(Scalar::Integer(1)))?;
    let axes = store.add(Node::Tuple(axes))?;
    for (field, value) in ARRAY_FIELDS.iter().zip([version, axes, data]) {
        entries.extend([store.add(Node::Scalar(Scalar::Text(Cow::Borrowed(field))))?, value]);
    }
    let form = store.add(Node::Scalar(Scalar::Text(Cow::Borrowed(INLINE))))?;
    let fields = store.add(Node::Dict(entries))?;
    Ok(Some(Node::Dict(vec![form, fields])))
}

fn text<'m>(store: &'m Store<'_>, node: Option<Ref>) -> Option<&'m str> {
    match store.node(node?) {
        Ok(Node::Scalar(Scalar::Text(text))) => Some(text),
        _ => None,
    }
}
