"""Values as objects: dataclasses, named tuples, unions, generic classes, models of pydantic and attrs."""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs
import numpy as np
import pydantic
import pytest

import arraystow

if TYPE_CHECKING:
    from somewhere import Missing

T = TypeVar("T")


@dataclasses.dataclass
class Inner:
    label: str = "none"


@dataclasses.dataclass
class Circle:
    radius: float


@dataclasses.dataclass
class Square:
    side: float
    colour: str = "red"


@dataclasses.dataclass
class Coloured:
    side: float
    colour: str
    fill: str = "none"


class Point(typing.NamedTuple):
    x: int
    inner: Inner
    z: int = 9


@dataclasses.dataclass
class Box(Generic[T]):
    item: T
    items: list[T]


class Model(pydantic.BaseModel):
    name: str
    size: int = 1


class Named(pydantic.BaseModel):
    first: str = pydantic.Field(default="?", alias="firstName")
    deep: list[Named] = []


def round_trip(storage, value, kind):
    storage.save("x", value)
    return storage.load("x", as_=kind)


def test_a_member_of_a_union_is_the_one_that_fits(storage):
    for kind, values in {
        str | float | Inner: ["a", 1.5, 2, Inner("b")],
        Circle | Square: [Circle(1.0), Square(2.0), Square(2.0, "blue")],
        Square | Coloured: [Square(1.0, "blue"), Coloured(1.0, "blue", "x")],
        int | bool | None: [True, 3, None],
        list[int] | list[Inner]: [[1, 2], [Inner("a")]],
        dict[str, int] | Inner: [{"a": 1}, Inner("c")],
        Model | Inner: [Model(name="m"), Inner("d")],
        typing.Literal["on", "off"] | int: ["on", 5],
    }.items():
        for value in values:
            found = round_trip(storage, value, kind)
            assert found == value and type(found) is type(value), kind


def test_a_value_that_fits_no_member_is_an_error_with_its_path(storage):
    @dataclasses.dataclass
    class Outer:
        shapes: list[Circle | Square]
        number: int | str = 0

    for value, text in [
        ({"shapes": [{"radius": 1.0}, {"side": 1.0, "depth": 2.0}]}, r"^shapes\[1\]: Circle or Square .* 'side', 'depth'"),
        ({"shapes": [], "number": 1.5}, "^number: int or str was expected, and there is a float"),
    ]:
        storage.save("x", value)
        # The annotations of a class in a function are known only where they are no texts.
        Outer.__annotations__ = {"shapes": list[Circle | Square], "number": int | str}
        with pytest.raises(TypeError, match=text):
            storage.load("x", as_=Outer)


def test_arrays_are_members_of_unions(storage):
    @dataclasses.dataclass
    class Outer:
        values: Any

    Outer.__annotations__ = {"values": np.ndarray | str}
    found = round_trip(storage, Outer(np.arange(3000)), Outer)
    assert isinstance(found.values, arraystow.Array)


def test_models_inside_of_containers_and_dataclasses_become_objects(storage):
    models = [Model(name="a"), Model(name="b", size=2)]
    assert round_trip(storage, models, list[Model]) == models
    assert round_trip(storage, {"x": models[0]}, Mapping[str, Model]) == {"x": models[0]}
    assert round_trip(storage, [Inner("a")], Sequence[Inner]) == [Inner("a")]
    assert round_trip(storage, [Inner("a")], typing.List[Inner]) == [Inner("a")]

    @dataclasses.dataclass
    class Outer:
        model: Any

    Outer.__annotations__ = {"model": Model}
    assert round_trip(storage, Outer(models[1]), Outer) == Outer(models[1])
    with pytest.raises(pydantic.ValidationError):
        round_trip(storage, [{"size": 1}], list[Model])


class Colour(enum.IntEnum):
    RED = 3


class Described(typing.TypedDict):
    inner: Inner
    colour: Colour


def test_named_tuples_typed_dicts_and_generic_classes_become_objects(storage):
    assert round_trip(storage, Point(1, Inner("a")), Point) == Point(1, Inner("a"), 9)
    assert round_trip(storage, {"p": Point(1, Inner("a"), 2)}, dict[str, Point]) == {"p": Point(1, Inner("a"), 2)}
    with pytest.raises(TypeError, match="^inner: the field is missing"):
        round_trip(storage, {"x": 1}, Point)
    found = round_trip(storage, Box(Inner("a"), [Inner("b")]), Box[Inner])
    assert found == Box(Inner("a"), [Inner("b")])
    assert round_trip(storage, Box(1, [2]), Box[int]) == Box(1, [2])
    assert round_trip(storage, Box(Box(Inner(), []), []), Box[Box[Inner]]) == Box(Box(Inner(), []), [])
    wanted = {"inner": Inner("a"), "colour": Colour.RED}
    found = round_trip(storage, wanted, Described)
    assert found == wanted and found["colour"] is Colour.RED
    with pytest.raises(TypeError, match="^colour: 4 is not a valid"):
        round_trip(storage, wanted | {"colour": 4}, Described)


@attrs.define
class Counted:
    items: list[Inner]
    count: int = attrs.field(init=False)

    def __attrs_post_init__(self):
        self.count = len(self.items)


@dataclasses.dataclass
class Unknown:
    missing: Missing
    inner: Inner
    more: list[Missing]
    again: Unknown | None = None


def test_fields_without_arguments_and_annotations_without_a_meaning_are_left(storage):
    assert round_trip(storage, Counted([Inner("a")]), Counted) == Counted([Inner("a")])
    value = Unknown(1, Inner("a"), [2], Unknown(3, Inner("b"), []))
    assert round_trip(storage, value, Unknown) == value


def test_models_of_pydantic_come_back_by_the_names_of_their_fields(storage):
    value = Named(firstName="Ada", deep=[Named(firstName="Bob")])
    assert round_trip(storage, value, Named) == value
    assert storage.load("x") == {"first": "Ada", "deep": [{"first": "Bob", "deep": []}]}
    storage.save("x", {"firstName": "Cy"})
    assert storage.load("x", as_=Named).first == "Cy"

    class Open(pydantic.BaseModel, extra="allow"):
        size: int

    value = Open(size=1, note="more", values=[1.5])
    assert round_trip(storage, value, Open) == value and storage.load("x")["note"] == "more"

    class Root(pydantic.RootModel[list[int]]):
        pass

    assert round_trip(storage, {"r": Root([1, 2])}, dict[str, Root]) == {"r": Root([1, 2])}
    assert storage.load("x") == {"r": [1, 2]}

    class WithArray(pydantic.BaseModel, arbitrary_types_allowed=True):
        values: arraystow.Array | np.ndarray

    found = round_trip(storage, WithArray(values=np.arange(3000)), WithArray)
    assert isinstance(found.values, arraystow.Array) and found.values[7] == 7
