"""AMF values: the arguments of RTMP commands, data messages and FLV script tags, in both formats.

    values = oxrtmp.amf.decode(packet.data)            # ['onTextData', {'text': 'hello'}]
    body = oxrtmp.amf.encode("onTextData", {"text": "hello"})

What AMF has becomes, and is made of:

    number            float; in AMF3 also int            long ints and those that AMF0 has to hold are written as float
    boolean, null     bool, None
    string            str                                bytes that are no UTF-8 are kept, as os.fsdecode does
    object            Object, which is a dict            a dict is an anonymous object
    ECMA array        ECMAArray, which is a dict
    strict array      list                               a tuple too
    date              Date                               a datetime too
    byte array        bytes                              bytearray and memoryview too
    undefined         UNDEFINED
    and the others    XML, XMLDocument, Vector, Dictionary, External, Reference, UNSUPPORTED

Names of properties come in their order; of several of one name the last one counts. A reference becomes a copy of what it
stands for, or Reference inside of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from . import _native
from ._errors import make_error

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "UNDEFINED",
    "UNSUPPORTED",
    "XML",
    "Absent",
    "Date",
    "Dictionary",
    "ECMAArray",
    "External",
    "Object",
    "Reference",
    "Value",
    "Vector",
    "XMLDocument",
    "decode",
    "encode",
    "from_json",
    "to_json",
]


class Absent(Enum):
    """What stands where there is no value, besides None."""

    UNDEFINED = "undefined"  #: ECMAScript's undefined
    UNSUPPORTED = "unsupported"  #: what the writer could not say


UNDEFINED = Absent.UNDEFINED  #: ECMAScript's undefined
UNSUPPORTED = Absent.UNSUPPORTED  #: what the writer could not say


@dataclass(frozen=True)
class Date:
    """A point in time: milliseconds since 1970-01-01 UTC. The zone, in minutes, is normally 0, and means nothing."""

    milliseconds: float  #: since 1970-01-01 UTC
    zone: int = 0  #: minutes; without a meaning

    @property
    def datetime(self) -> datetime:
        """The same in UTC; OverflowError or ValueError for what a datetime cannot hold.

        >>> str(oxrtmp.amf.Date(0).datetime)
        '1970-01-01 00:00:00+00:00'
        """
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.milliseconds)


class XMLDocument(str):
    """The text of an XML document, not parsed."""


class XML(str):
    """The text of an XML document of AMF3's newer kind, not parsed."""


@dataclass(frozen=True)
class Reference:
    """Stands inside an object for that object itself: the index of it among the objects and arrays of the data."""

    index: int  #: of the objects and arrays of the data, from 0


class Object(dict[str, Any]):
    """Properties in their order, and the class. The first `sealed` of them are prescribed by it, in AMF3; if it is
    `static` it permits no others."""

    def __init__(self, properties: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), class_name: str = "", *,
                 sealed: int = 0, static: bool = False) -> None:  # fmt: skip
        super().__init__(properties)
        self.class_name = class_name  #: "" for an anonymous object
        self.sealed = sealed  #: how many of the first properties the class prescribes, in AMF3
        self.static = static  #: whether the class permits no others, in AMF3


class ECMAArray(dict[str, Any]):
    """Properties in their order; `dense` are the elements without a name that an array of AMF3 has besides.

    >>> oxrtmp.amf.decode(oxrtmp.amf.encode(oxrtmp.amf.ECMAArray({"width": 640})))
    [{'width': 640.0}]
    """

    def __init__(
        self, properties: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), dense: Iterable[Any] = ()
    ) -> None:
        super().__init__(properties)
        self.dense: list[Any] = list(dense)  #: elements without a name, in AMF3


class Vector(list[Any]):
    """A list of values of one kind: "int", "uint", "double", or "object" with the name of a class, "*" for any."""

    def __init__(self, kind: _Kind, items: Iterable[Any] = (), *,
                 fixed: bool = False, class_name: str = "") -> None:  # fmt: skip
        super().__init__(items)
        self.kind = kind  #: of its items
        self.fixed = fixed  #: whether its length may not change
        self.class_name = class_name  #: of its items, if they are objects; "" or "*" for any


@dataclass
class Dictionary:
    """Values under keys of any kind. With `weak`, entries whose key nobody else holds may vanish."""

    entries: list[tuple[Any, Any]]  #: keys and values, in their order
    weak: bool = False  #: whether an entry goes when nobody else holds its key


@dataclass
class External:
    """An object whose class writes itself: as one value, or as data that only the class knows."""

    class_name: str  #: the class that writes itself so
    value: Any = None  #: what it has written, if that is one value
    data: bytes | None = None  #: what it has written, if only the class knows


#: What encode takes.
Value: TypeAlias = (
    None | bool | int | float | str | bytes | bytearray | memoryview | Date | datetime | Absent | Reference | Dictionary
    | External | Mapping[str, Any] | Sequence[Any]
)  # fmt: skip


class _Type(IntEnum):
    """oxrtmp_amf_type."""

    NUMBER = 0
    BOOLEAN = 1
    STRING = 2
    OBJECT = 3
    NULL = 5
    UNDEFINED = 6
    REFERENCE = 7
    ECMA_ARRAY = 8
    OBJECT_END = 9
    STRICT_ARRAY = 10
    DATE = 11
    UNSUPPORTED = 13
    XML = 15
    INTEGER = 36
    EXTERNAL = 42
    E4X = 43
    BYTES = 44
    DICTIONARY = 49


_Kind: TypeAlias = Literal["int", "uint", "double", "object"]
_VECTORS: dict[int, _Kind] = {45: "int", 46: "uint", 47: "double", 48: "object"}
_CONTAINERS = {_Type.OBJECT, _Type.ECMA_ARRAY, _Type.STRICT_ARRAY, _Type.DICTIONARY, _Type.EXTERNAL, *_VECTORS}
_STATIC, _FIXED, _WEAK, _VERBATIM = 1, 2, 4, 8  # flags of values
_STRICT, _AMF3, _TO_AMF0 = 1, 2, 4  # flags of functions

_Step: TypeAlias = tuple[int, int, int, float, bytes | None, bytes, int]


def _str(text: bytes) -> str:
    return text.decode(errors="surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def decode(
    data: Buffer,
    *,
    amf3: bool = False,
    strict: bool = False,
    depth: int = 0,
    values: int = 0,
    external: Callable[[str, bytes], int | None] | None = None,
) -> list[Any]:
    """All values of data, in AMF0, which may have AMF3 inside, or in AMF3.

    strict wants every object to have its end and every property a name. Values may be nested `depth` deep (64, at most
    1024) and be so many as `values` says (65536). external(class_name, rest) tells how many of the bytes of rest an
    external object takes, None if it does not know the class. Raises ProtocolError for what is no AMF, UnsupportedError
    for an external object of an unknown class.

    >>> oxrtmp.amf.decode(bytes.fromhex("02000161 05"))
    ['a', None]
    """
    flags = (_AMF3 if amf3 else 0) | (_STRICT if strict else 0)
    sizes: tuple[int, ...] = ()
    while not isinstance(steps := _native.amf_decode(data, flags, depth, values, sizes), list):
        class_name, left = steps
        rest = memoryview(data).cast("B")
        size = external(_str(class_name), bytes(rest[len(rest) - left :])) if external else None
        if size is None:
            raise _unsupported(f"an external object of class {_str(class_name)!r}")
        sizes += (size,)
    return _values_of(steps)


def _unsupported(what: str) -> Exception:
    return make_error(_native.STATUSES["E_UNSUPPORTED"], f"OXRTMP_E_UNSUPPORTED: {what}", "", "", "", 0, -1)


def _values_of(steps: list[_Step]) -> list[Any]:
    """The values that steps describe. A list of what is open, not recursion: they may be nested deeper than calls may."""
    found: list[Any] = []
    opened: list[_Container] = []
    end = _Type.OBJECT_END
    for step in steps:
        kind = step[0]
        if kind in _CONTAINERS:
            opened.append(_Container(step))
        elif kind == end:
            opened[-1].left = 0
        elif opened:
            opened[-1].put(step[4], _simple(step))
        else:
            found.append(_simple(step))
        while opened and opened[-1].left == 0:
            container = opened.pop()
            if opened:
                opened[-1].put(container.step[4], container.value())
            else:
                found.append(container.value())
    return found


def _simple(step: _Step) -> Any:
    """The value of a step that has nothing inside it."""
    kind, count, zone, number, _, text, _ = step
    match kind:
        case _Type.NUMBER:
            return number
        case _Type.BOOLEAN:
            return number != 0
        case _Type.STRING:
            return _str(text)
        case _Type.INTEGER:
            return int(number)
        case _Type.UNDEFINED:
            return UNDEFINED
        case _Type.UNSUPPORTED:
            return UNSUPPORTED
        case _Type.REFERENCE:
            return Reference(count)
        case _Type.DATE:
            return Date(number, zone)
        case _Type.XML:
            return XMLDocument(_str(text))
        case _Type.E4X:
            return XML(_str(text))
        case _Type.BYTES:
            return text
        case _:
            return None


class _Container:
    """A value with others inside it, which the steps after its own bring."""

    __slots__ = ("items", "left", "properties", "step")

    def __init__(self, step: _Step) -> None:
        kind, count, *_ = step
        self.step = step
        self.left = -1  # values that are to come; of those that have an end less than 0 until then
        self.properties: dict[str, Any] = {}
        self.items: list[Any] = []
        if kind == _Type.DICTIONARY:
            self.left = 2 * count
        elif kind == _Type.EXTERNAL:
            self.left = 1
        elif kind not in (_Type.OBJECT, _Type.ECMA_ARRAY):
            self.left = count

    def put(self, name: bytes | None, value: Any) -> None:
        self.left -= 1
        if name is None:
            self.items.append(value)
        else:
            self.properties[_str(name)] = value

    def value(self) -> Any:
        kind, count, _, _, _, text, flags = self.step
        match kind:
            case _Type.OBJECT:
                return Object(self.properties, _str(text), sealed=count, static=bool(flags & _STATIC))
            case _Type.ECMA_ARRAY:
                return ECMAArray(self.properties, self.items)
            case _Type.STRICT_ARRAY:
                return self.items
            case _Type.DICTIONARY:
                pairs = zip(self.items[::2], self.items[1::2], strict=True)
                return Dictionary(list(pairs), bool(flags & _WEAK))
            case _Type.EXTERNAL if flags & _VERBATIM:
                return External(_str(text), data=self.items[0])
            case _Type.EXTERNAL:
                return External(_str(text), self.items[0])
            case _:
                return self.vector(_VECTORS[kind], _str(text), bool(flags & _FIXED))

    def vector(self, kind: _Kind, name: str, fixed: bool) -> Vector:
        items = [int(n) for n in self.items] if kind in ("int", "uint") else self.items
        return Vector(kind, items, fixed=fixed, class_name=name)


def encode(*values: Value, amf3: bool = False, to_amf0: bool = False) -> bytes:
    """The values in AMF0, or in AMF3. What only AMF3 has is written in AMF3 inside AMF0 too, but with to_amf0 it is
    replaced by what AMF0 has in its place, for peers that do not know AMF3. Raises TypeError for what is no value,
    ProtocolError for what is nested too deep: some hundreds of levels are possible.

    >>> oxrtmp.amf.encode("a", 1).hex()
    '02000161003ff0000000000000'
    >>> oxrtmp.amf.decode(oxrtmp.amf.encode(5, amf3=True), amf3=True)
    [5]
    """
    if amf3 and to_amf0:
        raise ValueError("amf3 and to_amf0 exclude each other")
    writer = _Writer(amf3)
    try:
        for value in values:
            writer.value(value, None)
    except RecursionError:
        raise make_error(_native.STATUSES["E_LIMIT"], "amf: the values are nested too deep", "", "", "") from None
    return _native.amf_encode(writer.steps, _AMF3 if amf3 else _TO_AMF0 if to_amf0 else 0)


class _Writer:
    """Makes steps of values."""

    def __init__(self, amf3: bool) -> None:
        self.steps: list[_Step] = []
        self.integer = _Type.INTEGER if amf3 else _Type.NUMBER

    def put(self, kind: int, name: bytes | None, number: float = 0, text: bytes = b"", *, count: int = 0, zone: int = 0,
            flags: int = 0) -> None:  # fmt: skip
        self.steps.append((kind, count, zone, number, name, text, flags))

    def value(self, value: Any, name: bytes | None) -> None:
        given: Any = value  # whose type the cases below leave alone
        match value:
            case None:
                self.put(_Type.NULL, name)
            case bool():
                self.put(_Type.BOOLEAN, name, value)
            case int():
                self.put(self.integer, name, float(value))
            case float():
                self.put(_Type.NUMBER, name, value)
            case XMLDocument():
                self.put(_Type.XML, name, text=_bytes(value))
            case XML():
                self.put(_Type.E4X, name, text=_bytes(value))
            case str():
                self.put(_Type.STRING, name, text=_bytes(value))
            case bytes() | bytearray() | memoryview():
                self.put(_Type.BYTES, name, text=bytes(given))
            case Date():
                self.put(_Type.DATE, name, value.milliseconds, zone=value.zone)
            case datetime():
                self.put(_Type.DATE, name, value.timestamp() * 1000)
            case Absent():
                self.put(_Type.UNDEFINED if value is UNDEFINED else _Type.UNSUPPORTED, name)
            case Reference():
                self.put(_Type.REFERENCE, name, count=value.index)
            case _:
                self.container(value, name)

    def container(self, value: Any, name: bytes | None) -> None:
        given: Any = value  # whose type the cases below leave alone
        match value:
            case ECMAArray():
                self.put(_Type.ECMA_ARRAY, name, count=len(value) + len(value.dense))
                self.members(value, value.dense)
            case Object():
                flags = _STATIC if value.static else 0
                self.put(_Type.OBJECT, name, text=_bytes(value.class_name), count=value.sealed, flags=flags)
                self.members(value)
            case Mapping():
                self.put(_Type.OBJECT, name)
                self.members(given)
            case Vector():
                kind = next(k for k, word in _VECTORS.items() if word == value.kind)
                flags = _FIXED if value.fixed else 0
                self.put(kind, name, text=_bytes(value.class_name), count=len(value), flags=flags)
                self.items(value)
            case Dictionary():
                self.put(_Type.DICTIONARY, name, count=len(value.entries), flags=_WEAK if value.weak else 0)
                for pair in value.entries:
                    self.items(pair)
            case External():
                verbatim = value.data is not None
                self.put(_Type.EXTERNAL, name, text=_bytes(value.class_name), flags=_VERBATIM if verbatim else 0)
                self.value(bytes(value.data) if value.data is not None else value.value, None)
            case list() | tuple():
                self.put(_Type.STRICT_ARRAY, name, count=len(given))
                self.items(given)
            case _:
                raise TypeError(f"{type(value).__name__} is no AMF value")

    def members(self, properties: Mapping[Any, Any], dense: Iterable[Any] = ()) -> None:
        for key, item in properties.items():
            if not isinstance(key, str):
                raise TypeError(f"the name of a property is {type(key).__name__}, not str")
            self.value(item, _bytes(key))
        self.items(dense)
        self.put(_Type.OBJECT_END, None)

    def items(self, items: Iterable[Any]) -> None:
        for item in items:
            self.value(item, None)


def to_json(data: Buffer, *, amf3: bool = False, strict: bool = False) -> str:
    """The values of data as a JSON array. Dates become {"$date":ms}, byte arrays {"$bytes":"base64"}, what JSON cannot
    say null.

    >>> oxrtmp.amf.to_json(oxrtmp.amf.encode("a", None, [True, {"b": 2}]))
    '["a",null,[true,{"b":2}]]'
    """
    return _native.amf_to_json(data, (_AMF3 if amf3 else 0) | (_STRICT if strict else 0))


def from_json(text: str, *, amf3: bool = False) -> bytes:
    """The values of a JSON array in AMF: what to_json reads alike. Raises ArgumentError when it is no JSON array.

    >>> oxrtmp.amf.decode(oxrtmp.amf.from_json('["x", {"n": 1}]'))
    ['x', {'n': 1.0}]
    """
    return _native.amf_from_json(text, _AMF3 if amf3 else 0, None)
