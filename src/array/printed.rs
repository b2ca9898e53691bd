//! Elements in memory as texts, as numpy prints them.

use super::{AnyNdArray, Element, optional};
use crate::error::{Result, one_line};
use ndarray::ArrayD;
use std::fmt::Display;

/// The text of a missing element, as numpy's masked arrays print it.
const MISSING: &str = "--";
/// Characters of one element.
const MOST_CHARACTERS: usize = 80;
/// Digits behind the point.
const MOST_DIGITS: usize = 8;

/// The elements in C order. Numbers are of one width. Those with the bytes of `missing` are missing.
pub(crate) fn texts(array: &AnyNdArray, missing: &[Vec<u8>]) -> Result<Vec<String>> {
    macro_rules! shown {
        ($elements:expr, $texts:expr) => {{
            let is_missing = are_missing($elements, missing)?;
            let (texts, is_missing) = ($texts, is_missing.into_iter());
            Ok(aligned(
                texts.into_iter().zip(is_missing).map(|(text, gone)| if gone { MISSING.to_owned() } else { text }),
            ))
        }};
    }
    macro_rules! numbers {
        ($($integer:ident)*; $($float:ident)*; $($other:ident)*) => {
            match array {
                AnyNdArray::Bool(elements) => {
                    let width = if elements.ndim() == 0 { 0 } else { "False".len() };
                    let text = |element: &bool| format!("{:>width$}", if *element { "True" } else { "False" });
                    Ok(elements.iter().map(text).collect())
                }
                $(AnyNdArray::$integer(elements) => {
                    shown!(elements, elements.iter().map(ToString::to_string).collect::<Vec<_>>())
                })*
                $(AnyNdArray::$float(elements) => {
                    let is_missing = are_missing(elements, missing)?;
                    Ok(aligned(floats(elements, &is_missing)))
                })*
                $(AnyNdArray::$other(elements) => {
                    shown!(elements, elements.iter().map(ToString::to_string).collect::<Vec<_>>())
                })*
                AnyNdArray::String(elements) => Ok(elements.iter().map(|text| quoted(text)).collect()),
                AnyNdArray::Encoded(elements) => {
                    Ok(elements.texts(missing, MISSING).map(|text| one_line(&text, MOST_CHARACTERS)).collect())
                }
            }
        };
    }
    numbers! {
        Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64; Float16 BFloat16 Float32 Float64; Complex64 Complex128
    }
}

fn are_missing<T: Element>(elements: &ArrayD<T>, missing: &[Vec<u8>]) -> Result<Vec<bool>> {
    let missing = optional::numbers::<T>(missing).map_err(crate::error::Error::corrupt)?;
    Ok(elements.iter().map(|element| optional::is_missing(element, &missing)).collect())
}

/// The texts, of one width.
fn aligned(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let texts: Vec<String> = texts.into_iter().collect();
    let width = texts.iter().map(String::len).max().unwrap_or(0);
    texts.into_iter().map(|text| format!("{text:>width$}")).collect()
}

fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(MOST_CHARACTERS).collect();
    let more = if shown.len() < text.len() { ".." } else { "" };
    format!("{shown:?}{more}")
}

/// Floating-point numbers with their points below each other, in numpy's notation: with an exponent if they are very
/// large, very small or of very different sizes.
fn floats<T: Display>(elements: &ArrayD<T>, is_missing: &[bool]) -> Vec<String> {
    // The shortest text that is read back as the same number of its own type.
    let numbers: Vec<f64> = elements.iter().map(|number| number.to_string().parse().unwrap_or(f64::NAN)).collect();
    let known = numbers.iter().zip(is_missing).filter(|(number, gone)| number.is_finite() && !**gone);
    let known: Vec<f64> = known.map(|(number, _)| *number).collect();
    let sizes = known.iter().map(|number| number.abs()).filter(|size| *size > 0.0);
    let (least, most) = sizes.fold((f64::MAX, 0.0_f64), |(least, most), size| (least.min(size), most.max(size)));
    let text: Box<dyn Fn(f64) -> String> = if most >= 1e8 || (most > 0.0 && (least < 1e-4 || most / least > 1000.0)) {
        let digits = known.iter().map(|number| mantissa_digits(*number)).max().unwrap_or(0);
        let exponent_digits = known.iter().map(|number| exponent_digits(*number)).max().unwrap_or(2);
        Box::new(move |number| with_exponent(number, digits, exponent_digits))
    } else {
        let behind = |number: &f64| plain(*number).split_once('.').map_or(0, |(_, behind)| behind.len());
        let most = known.iter().map(behind).max().unwrap_or(0);
        Box::new(move |number| {
            let text = plain(number);
            let behind = text.split_once('.').map_or(0, |(_, behind)| behind.len());
            format!("{text}{:1$}", "", most.saturating_sub(behind))
        })
    };
    let shown = numbers.iter().zip(is_missing).map(|(number, gone)| match number {
        _ if *gone => MISSING.to_owned(),
        number if number.is_nan() => "nan".to_owned(),
        number if number.is_infinite() => if *number > 0.0 { "inf" } else { "-inf" }.to_owned(),
        number => text(*number),
    });
    shown.collect()
}

/// `1.`, `0.25`: without zeros at the end.
fn plain(number: f64) -> String {
    let text = number.to_string();
    let behind = text.split_once('.').map_or(0, |(_, behind)| behind.len());
    let text = if behind > MOST_DIGITS { format!("{number:.MOST_DIGITS$}") } else { text };
    match text.contains('.') {
        true => text.trim_end_matches('0').to_owned(),
        false => text + ".",
    }
}

fn mantissa_digits(number: f64) -> usize {
    let text = format!("{number:e}");
    let mantissa = text.split('e').next().unwrap_or_default();
    let digits = mantissa.split_once('.').map_or(0, |(_, behind)| behind.len());
    if digits <= MOST_DIGITS {
        return digits;
    }
    let rounded = format!("{number:.MOST_DIGITS$e}");
    let mantissa = rounded.split('e').next().unwrap_or_default().trim_end_matches('0');
    mantissa.split_once('.').map_or(0, |(_, behind)| behind.len())
}

/// The digits of the exponent: at least two.
fn exponent_digits(number: f64) -> usize {
    let text = format!("{number:.MOST_DIGITS$e}");
    text.rsplit('e').next().map_or(2, |exponent| exponent.trim_start_matches('-').len().max(2))
}

/// `1.50e+10`: with so many digits behind the point, and so many of the exponent.
fn with_exponent(number: f64, digits: usize, exponent_digits: usize) -> String {
    let text = format!("{number:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    let point = if mantissa.contains('.') { "" } else { "." };
    format!("{mantissa}{point}e{sign}{exponent:0>exponent_digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<T: Element>(elements: Vec<T>) -> String
    where
        AnyNdArray: From<ndarray::Array1<T>>,
    {
        texts(&ndarray::Array1::from(elements).into(), &[]).map(|texts| texts.join("|")).unwrap_or_default()
    }

    #[test]
    fn numbers_are_printed_as_numpy_prints_them() {
        assert_eq!(shown(vec![1.0, 2.5, -3.25]), " 1.  | 2.5 |-3.25");
        assert_eq!(shown(vec![0.1_f32, f32::NAN, f32::NEG_INFINITY]), " 0.1| nan|-inf");
        assert_eq!(shown(vec![1.0 / 3.0, 1e-3]), "0.33333333|0.001     ");
        assert_eq!(shown(vec![1e10, 1.5]), "1.0e+10|1.5e+00");
        assert_eq!(shown(vec![1e-300, 0.0]), "1.e-300|0.e+000");
        assert_eq!(shown(vec![1e300, 1.0]), "1.e+300|1.e+000");
        assert_eq!(shown(vec![1e-5, 0.0]), "1.e-05|0.e+00");
        assert_eq!(shown(vec![0.0]), "0.");
        assert_eq!(shown(vec![1_u8, 200, 30]), "  1|200| 30");
        assert_eq!(shown(vec![true, false]), " True|False");
        assert_eq!(shown(vec!["a\u{1b}".to_owned()]), "\"a\\u{1b}\"");
    }
}
