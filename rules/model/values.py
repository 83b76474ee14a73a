"""`dataclass(frozen=True, slots=True)` of the standard library, made in a fourth of the time and the same to use.

Half of the vocabulary's import, and so a fourth of what a start takes until it is armed, went into the source text that
`dataclasses` writes and compiles six times for each class. Here it is compiled once, for `__init__`; comparison, hash and
text are the same for all and need none.
"""

from collections.abc import Callable, Hashable
from dataclasses import MISSING, FrozenInstanceError, field, fields
from dataclasses import dataclass as _dataclass
from operator import attrgetter
from typing import Any, Literal, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def dataclass(*, frozen: Literal[True], slots: Literal[True]) -> Callable[[type[T]], type[T]]:
    """A value: its fields are set once, two with equal fields are equal. Both words are written for whoever reads the class.

    Raises TypeError for a field that is given by name alone or not at all: no value has one.
    """
    return _value


def _value(cls: type[T]) -> type[T]:
    # Where there is no text the standard library writes one by `inspect`, which takes as long as all the rest.
    cls.__doc__ = cls.__doc__ or cls.__name__
    made: Any = _dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    own = fields(made)
    for one in own:
        if one.kw_only or not one.init:
            raise TypeError(f"{cls.__name__}.{one.name}: a value is made of its fields in their order")
    names = tuple(one.name for one in own if one.compare)
    made.__init__ = _init(made, own)
    made.__eq__, made.__hash__ = _comparison(_key(names))
    made.__repr__ = _repr
    made.__setattr__ = made.__delattr__ = _refused
    made.__getstate__, made.__setstate__ = _getstate, _setstate
    known: type[T] = made
    return known


def _init(made: Any, own: tuple[Any, ...]) -> Callable[..., None]:
    # Each slot's own setter: quicker than `object.__setattr__`, which looks it up by its name.
    known: dict[str, Any] = {"_missing": MISSING}
    given, body = [], []
    for one in own:
        name = one.name
        known[f"_set_{name}"] = getattr(made, name).__set__
        if one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            given.append(f"{name}=_missing")
            body.append(f" _set_{name}(self, _make_{name}() if {name} is _missing else {name})")
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            given.append(f"{name}=_default_{name}")
            body.append(f" _set_{name}(self, {name})")
        else:
            given.append(name)
            body.append(f" _set_{name}(self, {name})")
    if hasattr(made, "__post_init__"):
        body.append(" self.__post_init__()")
    text = f"def __init__({', '.join(('self', *given))}):\n" + ("\n".join(body) or " pass")
    exec(text, known)  # noqa: S102  of names that the interpreter took as names
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    init.__module__ = made.__module__
    return init


def _key(names: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    if not names:
        return lambda _: ()
    if len(names) == 1:
        one = attrgetter(*names)
        return lambda value: (one(value),)
    return attrgetter(*names)


def _comparison(
    key: Callable[[object], tuple[Any, ...]],
) -> tuple[Callable[[object, object], bool], Callable[[Hashable], int]]:
    def __eq__(self: object, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return key(self) == key(other)

    def __hash__(self: Hashable) -> int:
        return hash(key(self))

    return __eq__, __hash__


def _repr(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _refused(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"{type(self).__name__}.{name} is set once, when it is made")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
