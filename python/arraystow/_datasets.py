"""Objects of xarray as the parts that are saved."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _dtypes

#: Variables by their names, groups by theirs, and attributes.
Parts = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def parts(value: Any, path: str) -> Parts:
    """The parts of a ``Dataset``, ``DataTree`` or ``DataArray`` with coordinates, at a path.

    Coordinates that are no index are named in the attribute ``coordinates`` of the variables that have their axes, as
    in the CF conventions. Those that no variable can name are in the ``coordinates`` of the group.

    Raises:
        TypeError: if names are in use already.
        ValueError: if two names are the same text.
    """
    import xarray

    if isinstance(value, xarray.DataTree):
        variables, _, attrs = parts(value.to_dataset(inherit=False), path)
        _refuse_attrs(attrs, [*variables, *value.children])
        return variables, dict(value.children), attrs
    if isinstance(value, xarray.DataArray):
        own: Any = value.name if value.name is not None else "values"
        if own in value.coords:
            raise TypeError(f"the array and one of its coordinates are both named {own!r}: rename it")
        variables, _, attrs = parts(value.to_dataset(name=own), path)
        return {str(own): variables[str(own)]} | variables, {}, attrs
    refuse_equal("variables", list(value.variables), list(map(str, value.variables)), path)
    refuse_equal("attributes", list(value.attrs), list(map(str, value.attrs)), path)
    texts, left = _named(value)
    attrs = {str(name): _listed(item) for name, item in value.attrs.items()}
    if left:
        if "coordinates" in attrs:
            raise TypeError("coordinates are saved as the attribute 'coordinates', and the dataset has one: remove it")
        attrs["coordinates"] = left
    _refuse_attrs(attrs, list(value.variables))
    variables = {str(name): _with_attr(item, texts.get(name)) for name, item in value.variables.items()}
    return variables, {}, attrs


def refuse_equal(what: str, keys: list[Any], saved: list[Any], path: str) -> None:
    """Refuses keys that are saved as the same one: only the last one would be there.

    Raises:
        ValueError: if there are some; the text has the path.
    """
    seen: dict[Any, Any] = {}
    for key, plain in zip(keys, saved):
        if plain in seen:
            place = f"{path or 'the value'}: the {what} {seen[plain]!r} and {key!r}"
            raise ValueError(f"{place} are both saved as {plain!r}: give them different names")
        seen[plain] = key


def _listed(attr: Any) -> Any:
    if isinstance(attr, (np.ndarray, np.generic)) and attr.dtype.kind == "M":
        return _dtypes.iso(attr)
    return attr.tolist() if isinstance(attr, np.ndarray) else attr


def _refuse_attrs(attrs: dict[str, Any], names: list[Any]) -> None:
    if attrs and "attrs" in names:
        raise TypeError("the attributes of the dataset are saved as 'attrs', and it has this name: rename it")


def _with_attr(variable: Any, coordinates: str | None) -> Any:
    if coordinates is None:
        return variable
    made = variable.copy(deep=False)
    made.attrs = {**variable.attrs, "coordinates": coordinates}
    return made


def _named(dataset: Any) -> tuple[dict[Any, str], list[str]]:
    """For variables the coordinates that they name, and the coordinates that none of them names."""
    coordinates = {str(name): item.dims for name, item in dataset.coords.items() if item.dims != (name,)}
    texts: dict[Any, str] = {}
    left = set(coordinates)
    for name, variable in dataset.data_vars.items():
        text = variable.attrs.get("coordinates")
        if text is None:
            fitting = [one for one, dims in coordinates.items() if set(dims) <= set(variable.dims) and one == "".join(one.split())]
            if not fitting:
                continue
            text = texts[name] = " ".join(fitting)
        left.difference_update(str(text).split())
    return texts, [name for name in coordinates if name in left]
