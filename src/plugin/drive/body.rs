//! The body of a document, in one of its formats.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::document::frame::Format;
use crate::plugin::drive::largest;
use crate::plugin::format::cbor;
use crate::plugin::format::cbor::Body;
use crate::plugin::format::rules::Rules;
use crate::plugin::walk::loading::{ArrayResolver, load};
use crate::plugin::walk::saving::{PlanSettings, SavePlan, plan};
use crate::plugin::walk::shared_save::SharedPlace;
use cbor4ii::core::dec::Read as _;
use cbor4ii::core::utils::BufWriter;
use cbor4ii::serde::EncodeError;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Serializes the ordinary fields; the arrays become the plan. Refuses what is larger than a document may be.
pub(crate) fn write<T: ?Sized + Serialize>(
    value: &T,
    format: Format,
    settings: PlanSettings,
    limits: &Limits,
) -> Result<(Vec<u8>, SavePlan)> {
    let again = settings.again();
    let (root, plan) = write_root(value, format, settings)?;
    let root_bytes = root.len();
    let (body, plan) = with_shared(root, plan);
    largest::check(value, format, again, (body.len(), root_bytes), limits)?;
    Ok((body, plan))
}

fn write_root<T: ?Sized + Serialize>(value: &T, format: Format, settings: PlanSettings) -> Result<(Vec<u8>, SavePlan)> {
    let rules = Rules::of(Some(format));
    let settings = PlanSettings { shared: SharedPlace::Body(format), ..settings };
    match format {
        Format::Cbor => {
            let mut serializer = cbor4ii::serde::Serializer::new(BufWriter::new(Vec::new()));
            let ((), plan) = plan(value, &mut serializer, rules, settings, |error| match error {
                EncodeError::Custom(text) => text.to_string(),
                error => error.to_string(),
            })?;
            Ok((serializer.into_inner().into_inner(), plan))
        }
        Format::Json => {
            let mut body = Vec::new();
            let mut serializer = serde_json::Serializer::pretty(&mut body);
            let ((), plan) = plan(value, &mut serializer, rules, settings, |error| match error.to_string() {
                text if text.contains("key must be") => {
                    format!(
                        "{text}: JSON has no other keys; save the object in Format::Cbor, or the map as a list of pairs"
                    )
                }
                text => text,
            })?;
            Ok((body, plan))
        }
    }
}

/// The object and the shared values that follow it.
fn with_shared(mut body: Vec<u8>, mut plan: SavePlan) -> (Vec<u8>, SavePlan) {
    plan.shared.append_to(&mut body);
    (body, plan)
}

/// Deserializes what has no shared values; the arrays come from the resolver.
pub(crate) fn read<'de, T: Deserialize<'de>>(
    body: &'de [u8],
    format: Format,
    resolver: Rc<dyn ArrayResolver>,
) -> Result<T> {
    match format {
        Format::Cbor => {
            let mut deserializer = cbor4ii::serde::Deserializer::new(Body::new(body));
            let value = load(&mut deserializer, Some(format), resolver, cbor::text)?;
            let mut rest = deserializer.into_inner();
            match rest.fill(1) {
                Ok(bytes) if bytes.as_ref().is_empty() => Ok(value),
                _ => Err(trailing()),
            }
        }
        Format::Json => {
            let mut deserializer = serde_json::Deserializer::from_slice(body);
            let value = load(&mut deserializer, Some(format), resolver, ToString::to_string)?;
            deserializer.end().map_err(|_| trailing())?;
            Ok(value)
        }
    }
}

fn trailing() -> Error {
    Error::new(
        ErrorKind::Serde,
        "something follows the object in the document's body: the type asked for is not the one saved",
    )
}
