use arraystow::Element;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Nothing;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Unnamed(f32, f32);

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Generic<T> {
    value: T,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
enum WithoutInteger {
    #[default]
    Good,
}

#[derive(Clone, Copy, Debug, PartialEq, Element)]
#[repr(u8)]
enum WithFields {
    Value(f32),
}

#[derive(Clone, Copy, Element)]
union Either {
    float: f32,
    integer: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct NoElement {
    name: &'static str,
}

fn main() {}
