//! `show`: the document, with what is known of the arrays. No element is read.

use super::{Call, print_json};
use crate::fault::Outcome;
use crate::json::Converter;
use crate::tree::Printer;
use crate::values::{part, read};

pub(super) fn run(call: &Call, place: &str, name: &str, path: Option<&str>) -> Outcome<()> {
    let storage = call.existing(place)?;
    let (value, info) = read(&storage, name)?;
    let part = part(&value, name, path.unwrap_or_default())?;
    if call.json {
        return print_json(&Converter::new(&info).value(part));
    }
    call.print(|out| Ok(Printer::new(out, &info).print(part)?))
}
