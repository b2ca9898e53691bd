"""Values with large arrays: documents in a folder or an object store, and their arrays beside them, in HDF5 or Zarr.

What a Rust program has saved with the crate ``arraystow`` is loaded without its types, and what Python saves, Rust
loads with its types.
"""

from . import errors, progress
from ._array import Array
from ._external import External
from ._native import __version__
from ._session import Session, Slot, merged, pending
from ._storage import Progress, Storage
from .errors import ArraystowError

__all__ = ["Array", "ArraystowError", "External", "Progress", "Session", "Slot", "Storage", "__version__", "errors", "merged", "pending", "progress"]
