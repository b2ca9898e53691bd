"""The exceptions of the package: one class for each kind of error of the library."""

from __future__ import annotations


class ArraystowError(Exception):
    """The base of all exceptions of the library.

    The text of the exception names the place and says what to do. The attributes have its parts.
    """

    #: The kind of the error, such as ``"not_found"``.
    kind: str = "error"
    #: The path in the value, such as ``"runs[3].field"``.
    path: str | None = None
    #: The name of the document.
    document: str | None = None
    #: The file name of the array.
    array: str | None = None
    #: The file or key.
    location: str | None = None
    #: What was written for nothing and could not be removed.
    left_behind: list[str] = []


class NotFoundError(ArraystowError, LookupError):
    """There is no document, array or chunk of that name."""


class GoneError(NotFoundError):
    """The array was removed after its document was loaded."""


class AlreadyExistsError(ArraystowError):
    """The name is already in use."""


class ConflictError(ArraystowError):
    """Another writer changed the document between the read and the write."""


class UnknownOutcomeError(ArraystowError):
    """Whether the document was replaced is unknown."""


class InvalidNameError(ArraystowError, ValueError):
    """The name does not follow the grammar of names."""


class InvalidInputError(ArraystowError, ValueError):
    """An argument is invalid."""


class CancelledError(ArraystowError):
    """The work was cancelled."""


class UnsupportedError(ArraystowError):
    """The library, or the format, does not support the request."""


class CorruptError(ArraystowError):
    """What is stored is not what was written."""


class TypeMismatchError(ArraystowError, TypeError):
    """The stored array has another type than the one asked for."""


class LimitError(ArraystowError):
    """A limit on size, depth or memory was reached."""


class PermissionDeniedError(ArraystowError, PermissionError):
    """The credentials, or the permissions of a file, do not allow it."""


class IoError(ArraystowError, OSError):
    """The operating system or the network failed."""


class SerdeError(ArraystowError, ValueError):
    """The document cannot be written or read."""


class UserCodeError(ArraystowError):
    """A function of chunks raised an exception, which is the cause of this one."""


_KINDS: dict[str, type[ArraystowError]] = {
    "not_found": NotFoundError,
    "gone": GoneError,
    "already_exists": AlreadyExistsError,
    "conflict": ConflictError,
    "unknown_outcome": UnknownOutcomeError,
    "invalid_name": InvalidNameError,
    "invalid_input": InvalidInputError,
    "cancelled": CancelledError,
    "unsupported": UnsupportedError,
    "corrupt": CorruptError,
    "type_mismatch": TypeMismatchError,
    "limit": LimitError,
    "permission_denied": PermissionDeniedError,
    "io": IoError,
    "serde": SerdeError,
    "user_code": UserCodeError,
}


def _of_kind(
    kind: str,
    text: str,
    path: str | None,
    document: str | None,
    array: str | None,
    location: str | None,
    left_behind: list[str],
) -> ArraystowError:
    error = _KINDS.get(kind, ArraystowError)(text)
    error.kind, error.path, error.document = kind, path, document
    error.array, error.location, error.left_behind = array, location, left_behind
    return error
