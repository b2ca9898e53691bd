//! The body of a document: the value, and the shared values that follow it.

use crate::error::Result;
use crate::limits::Limits;
use crate::plugin::document::body_format::Format;
use crate::plugin::drive::largest;
use crate::plugin::drive::save::{plan, root};
use crate::plugin::external::planned::SavePlan;
use crate::plugin::format;
use crate::plugin::walk::saving::PlanSettings;
use crate::plugin::walk::shared_save::SharedPlace;
use serde::Serialize;

/// Serializes the ordinary fields; the arrays become the plan. Fails for a body that is larger than a document may be.
pub(crate) fn write<T: ?Sized + Serialize>(
    value: &T,
    format: Format,
    settings: PlanSettings,
    limits: &Limits,
) -> Result<(Vec<u8>, SavePlan)> {
    let again = settings.again();
    #[cfg(feature = "tracing")]
    let to_warn = settings.again();
    let settings = PlanSettings { shared: SharedPlace::Body(format), ..settings };
    let write_root = || format::write(format, &root(value, Some(format)), None, Vec::new());
    let (mut body, mut plan) = plan(settings, write_root)?;
    let root_bytes = body.len();
    plan.shared.append_to(&mut body);
    largest::check(value, format, again, (body.len(), root_bytes), limits)?;
    #[cfg(feature = "tracing")]
    largest::warn(value, format, to_warn, (body.len(), root_bytes));
    Ok((body, plan))
}
