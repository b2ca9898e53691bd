//! Dispatch from a data type that is known at run time to the Rust type.

/// Evaluates an expression with a type alias for the element type of a data type of numbers, and another one for the
/// types that are not numbers: `with_element!(data_type, T => size_of::<T>(), else => 0)`.
macro_rules! with_element {
    ($data_type:expr, $T:ident => $body:expr, else => $otherwise:expr) => {
        match $data_type {
            $crate::array::DataType::Bool => $crate::array::with_element!(@ bool, $T => $body),
            $crate::array::DataType::Int8 => $crate::array::with_element!(@ i8, $T => $body),
            $crate::array::DataType::Int16 => $crate::array::with_element!(@ i16, $T => $body),
            $crate::array::DataType::Int32 => $crate::array::with_element!(@ i32, $T => $body),
            $crate::array::DataType::Int64 => $crate::array::with_element!(@ i64, $T => $body),
            $crate::array::DataType::UInt8 => $crate::array::with_element!(@ u8, $T => $body),
            $crate::array::DataType::UInt16 => $crate::array::with_element!(@ u16, $T => $body),
            $crate::array::DataType::UInt32 => $crate::array::with_element!(@ u32, $T => $body),
            $crate::array::DataType::UInt64 => $crate::array::with_element!(@ u64, $T => $body),
            $crate::array::DataType::Float16 => $crate::array::with_element!(@ half::f16, $T => $body),
            $crate::array::DataType::BFloat16 => $crate::array::with_element!(@ half::bf16, $T => $body),
            $crate::array::DataType::Float32 => $crate::array::with_element!(@ f32, $T => $body),
            $crate::array::DataType::Float64 => $crate::array::with_element!(@ f64, $T => $body),
            $crate::array::DataType::Complex64 => $crate::array::with_element!(@ num_complex::Complex<f32>, $T => $body),
            $crate::array::DataType::Complex128 => $crate::array::with_element!(@ num_complex::Complex<f64>, $T => $body),
            $crate::array::DataType::DateTime64(_)
            | $crate::array::DataType::TimeDelta64(_)
            | $crate::array::DataType::String
            | $crate::array::DataType::Text(_)
            | $crate::array::DataType::Bytes(_)
            | $crate::array::DataType::Enum(_)
            | $crate::array::DataType::Record(_)
            | $crate::array::DataType::Subarray(_) => $otherwise,
        }
    };
    (@ $rust:ty, $T:ident => $body:expr) => {{
        type $T = $rust;
        $body
    }};
}

/// The same with strings of any length, which have one Rust type too.
macro_rules! with_typed {
    ($data_type:expr, $T:ident => $body:expr, else => $otherwise:expr) => {{
        if $data_type == $crate::array::DataType::String {
            $crate::array::with_element!(@ String, $T => $body)
        } else {
            $crate::array::with_element!($data_type, $T => $body, else => $otherwise)
        }
    }};
}

pub(crate) use {with_element, with_typed};
