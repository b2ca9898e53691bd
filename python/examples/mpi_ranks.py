"""The ranks of MPI write one array: ``pip install mpi4py mpich arraystow``, then ``mpiexec -n 4 python mpi_ranks.py FOLDER``.

The ranks need the storage under the same path or URL. Tickets and receipts are sent, and no elements.
"""

import sys

import numpy as np
from mpi4py import MPI

import arraystow


def main() -> None:
    comm = MPI.COMM_WORLD
    storage = arraystow.Storage(sys.argv[1])
    session = ticket = None
    if comm.rank == 0:
        height = arraystow.pending((600, 800), "f4", chunks=(100, 200), dims=["lat", "lon"], attrs={"units": "m"})
        session = storage.begin("global/ramp", {"name": "a ramp", "height": height})
        ticket = session.tickets["height"]
    ticket = comm.bcast(ticket)

    slot = storage.slot(ticket)
    receipts = []
    for rows, columns in slot.regions(2 * comm.size)[comm.rank :: comm.size]:
        y = np.arange(rows.start, rows.stop, dtype="f4")[:, None]
        x = np.arange(columns.start, columns.stop, dtype="f4")
        receipts.append(slot.write((rows, columns), y + x))
    # A tree of ranks joins the receipts. A rank may have none, if there are more ranks than chunks.
    receipts = comm.reduce(receipts, op=lambda some, others: [arraystow.merged(some + others)] if some + others else [])

    if session is not None:
        session.commit(receipts)
        loaded = storage.load("global/ramp")
        assert loaded["height"][599, 799] == 599 + 799 and storage.verify("global/ramp")[0]["faults"] == []
        print(f"{comm.size} ranks have written {loaded['height']}")


if __name__ == "__main__":
    main()
