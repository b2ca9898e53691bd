"""Bars that show the progress of a save, a load, a copy or a verification::

    with arraystow.progress.tqdm(desc="survey") as bar:
        storage.save("survey", value, progress=bar)

    with arraystow.progress.rich("survey") as bar:
        storage.save("survey", value, progress=bar)

The packages ``tqdm`` and ``rich`` are imported when they are used.
"""

from __future__ import annotations

from typing import Any

__all__ = ["rich", "tqdm"]


class _Tqdm:
    def __init__(self, options: dict[str, Any]) -> None:
        from tqdm.auto import tqdm

        self._bar: Any = tqdm(**({"unit": "B", "unit_scale": True} | options))

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> _Tqdm:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.refresh()
        self._bar.close()


class _Rich:
    def __init__(self, description: str, progress: Any) -> None:
        self._own = progress is None
        if progress is None:
            from rich import progress as bars

            columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.DownloadColumn())
            progress = bars.Progress(*columns, bars.TransferSpeedColumn())
        self._progress = progress
        self._task = progress.add_task(description, total=None)

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def __enter__(self) -> _Rich:
        if self._own:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._own:
            self._progress.stop()


def tqdm(**options: Any) -> _Tqdm:
    """A bar of tqdm, for ``progress=``. The options are those of tqdm. It ends with the ``with`` block."""
    return _Tqdm(options)


def rich(description: str = "", *, progress: Any = None) -> _Rich:
    """A bar of rich, for ``progress=``. It ends with the ``with`` block.

    Args:
        progress: a ``rich.progress.Progress`` that is shown already, and gets one more task.
    """
    return _Rich(description, progress)
