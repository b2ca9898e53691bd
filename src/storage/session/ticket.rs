//! What a program needs to write chunks of a pending array.

use crate::array::DataType;
use crate::backend::Form;
use crate::error::Error;
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;

/// The data that a program needs to write a part of a pending array: the session, the array, and how it is stored.
///
/// A ticket is plain data for serde, of less than a kilobyte. It contains no secrets: a program that gets a ticket
/// opens the storage with its own credentials. If the session's storage makes its values durable, the program's must
/// too. [`Storage::slot`](crate::Storage::slot) takes it.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::{ChunkedArray, DataType, Ticket};
///
/// let session = storage.begin("survey", &ChunkedArray::<f32>::pending(&[100, 80], &[50, 50])?)?;
/// let text = serde_json::to_string(&session.ticket("")?)?; // to a worker, by any way
///
/// let ticket: Ticket = serde_json::from_str(&text)?;
/// assert_eq!((ticket.session(), ticket.document(), ticket.path()), (session.id(), "survey", ""));
/// assert_eq!((ticket.data_type(), ticket.shape()), (&DataType::Float32, &[100, 80][..]));
/// # session.abandon()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TicketForm", into = "TicketForm")]
pub struct Ticket(TicketForm);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TicketForm {
    version: u32,
    session: String,
    document: String,
    array: String,
    path: String,
    stored: Form,
    /// Whether the storage of the session makes its values durable.
    #[serde(default)]
    synced: bool,
}

impl From<Ticket> for TicketForm {
    fn from(ticket: Ticket) -> Self {
        ticket.0
    }
}

impl TryFrom<TicketForm> for Ticket {
    type Error = Error;

    fn try_from(form: TicketForm) -> Result<Self, Error> {
        if form.version == VERSION {
            return Ok(Self(form));
        }
        let version = form.version;
        Err(Error::unsupported(format!(
            "a ticket of version {version}; this version of arraystow reads version {VERSION}: use the same version in all \
             programs of a session"
        )))
    }
}

impl Ticket {
    pub(super) fn new(session: &str, document: &str, array: &str, path: &str, stored: Form, synced: bool) -> Self {
        let owned = str::to_owned;
        let (session, document) = (owned(session), owned(document));
        Self(TicketForm { version: VERSION, session, document, array: owned(array), path: owned(path), stored, synced })
    }

    /// Returns the id of the session. See [`Ticket`] for an example.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.0.session
    }

    /// Returns the name of the value that the session saves. See [`Ticket`] for an example.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.0.document
    }

    /// Returns the place of the array in the value, such as `runs[3].field`. See [`Ticket`] for an example.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Returns the data type of the elements. See [`Ticket`] for an example.
    #[must_use]
    pub fn data_type(&self) -> &DataType {
        &self.0.stored.data_type
    }

    /// Returns the number of elements along each axis of the whole array. See [`Ticket`] for an example.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.0.stored.shape
    }

    pub(super) fn array(&self) -> &str {
        &self.0.array
    }

    pub(super) fn is_synced(&self) -> bool {
        self.0.synced
    }

    pub(super) fn form(&self) -> &Form {
        &self.0.stored
    }
}
