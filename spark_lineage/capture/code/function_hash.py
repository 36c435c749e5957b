"""What a Python function does, as a hash: the same for the same code, whatever file and line it stands on.

Spark pickles a function with file names and line numbers in it; two runs of a program that got a comment would have
other bytes. Here what counts is the byte code, constants, defaults, closed-over values, and the globals that are used,
with the user's own functions and classes among them looked into the same way. Names of local variables do not count.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

MOST = 2000  # values looked into for one function
DEEPEST = 30
LARGEST = 1_000_000  # characters or bytes of one value
_KINDS = (
    inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
    | inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
)
_OF_EVERY_CLASS = ("__module__", "__dict__", "__weakref__", "__doc__", "__firstlineno__", "__static_attributes__",
                   "__annotations__", "__annotate_func__", "__annotations_cache__", "__qualname__")  # fmt: skip
# Objects of these hold nothing that a function would compute with: sessions, frames, loggers, locks.
_WITHOUT_DATA = ("pyspark.", "py4j.", "logging.", "_thread.", "threading.", "typing.")
_PLAIN = (bool, int, float, complex, type(None), type(Ellipsis))


def code_hash(function: Any, is_users: Callable[[str], bool]) -> str:
    """16 hex digits. ``is_users(file)``: whether code of that file is the user's; other code counts by its name.

    A ``?`` at the end: something is used whose content is not known, so equal hashes are no proof of equal work.
    Byte code differs between Python versions, and so does the hash. Raises nothing that the value's own methods do
    not raise: no attribute of the user's objects is computed, no method of theirs is called.
    """
    digest = hashlib.sha256(f"code1 {sys.version_info[0]}.{sys.version_info[1]}".encode())
    reader = _Reader(is_users)
    for part in reader.parts(function, 0):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x00")
    return digest.hexdigest()[:16] + ("?" if reader.unknown else "")


class _Reader:
    def __init__(self, is_users: Callable[[str], bool]) -> None:
        self._is_users = is_users
        self.unknown = False
        self._seen: dict[int, Any] = {}  # holds what it has seen: ids are used again

    def parts(self, value: Any, depth: int) -> Iterator[str]:
        """The value as texts that are equal for equal values."""
        if isinstance(value, _PLAIN):
            yield f"{type(value).__name__} {value!r}"
        elif isinstance(value, (str, bytes)) and type(value) in (str, bytes):
            yield f"{type(value).__name__} {value[:LARGEST]!r}"
        elif id(value) in self._seen:
            yield "seen"
        elif depth > DEEPEST or len(self._seen) > MOST:
            self.unknown = True
            yield "more"
        else:
            self._seen[id(value)] = value
            yield from self._inner(value, depth + 1)

    def _inner(self, value: Any, depth: int) -> Iterator[str]:
        if isinstance(value, FunctionType):
            yield from self._function(value, depth)
        elif isinstance(value, CodeType):
            yield from self._code(value, depth)
        elif isinstance(value, MethodType):
            yield from self._all("method", (value.__func__, value.__self__), depth)
        elif isinstance(value, functools.partial):
            yield from self._all("partial", (value.func, value.args, value.keywords), depth)
        elif isinstance(value, (ModuleType, BuiltinFunctionType)):
            yield f"named {getattr(value, '__module__', None)} {value.__name__}"
        elif isinstance(value, type):
            yield from self._class(value, depth)
        else:
            yield from self._data(value, depth)

    def _function(self, value: FunctionType, depth: int) -> Iterator[str]:
        wrapped = vars(value).get("func")  # a UDF that is called like the function in it
        if not self._is_users(value.__code__.co_filename):
            yield f"function {value.__module__} {value.__qualname__}"
            if wrapped is not None:
                yield from self.parts(wrapped, depth)
            # functools.wraps and others of the library stand around functions of the user.
            yield from self._closure(value, depth)
            return
        yield "function"
        yield from self.parts(value.__code__, depth)
        yield from self.parts(value.__defaults__, depth)
        yield from self.parts(value.__kwdefaults__, depth)
        yield from self._closure(value, depth)
        for name in sorted(_names(value.__code__)):
            if name in value.__globals__:
                yield f"global {name}"
                yield from self.parts(value.__globals__[name], depth)

    def _closure(self, value: FunctionType, depth: int) -> Iterator[str]:
        for cell in value.__closure__ or ():
            try:
                yield from self.parts(cell.cell_contents, depth)
            except ValueError:  # not assigned yet
                yield "empty"

    def _code(self, value: CodeType, depth: int) -> Iterator[str]:
        """Instruction by instruction: constants and names by what they are, local variables by their number."""
        yield f"code {value.co_argcount} {value.co_kwonlyargcount} {value.co_flags & _KINDS}"
        for instruction in dis.get_instructions(value):
            if instruction.opcode in dis.hasconst:
                yield instruction.opname
                # Not argval: of names of keywords, which are a constant in 3.11 and 3.12, dis knows nothing.
                yield from self.parts(value.co_consts[instruction.arg or 0], depth)
            elif instruction.opcode in dis.hasname:
                yield f"{instruction.opname} {instruction.argval}"
            elif instruction.opname != "RESUME":
                yield f"{instruction.opname} {instruction.arg}"

    def _class(self, value: type, depth: int) -> Iterator[str]:
        yield f"class {value.__module__} {value.__qualname__}"
        own = [(name, member) for name, member in sorted(vars(value).items()) if name not in _OF_EVERY_CLASS]
        if self._is_users_class(value):
            for name, member in own:
                yield f"member {name}"
                inner = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
                yield from self.parts(inner.fget if isinstance(inner, property) else inner, depth)

    def _data(self, value: Any, depth: int) -> Iterator[str]:
        kind = type(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if kind in (tuple, list):
            yield from self._all(name, value, depth)
        elif kind in (set, frozenset):
            yield from self._unordered(name, value, depth)
        elif kind in (dict, OrderedDict, defaultdict, Counter):
            yield from self._all(name, [part for pair in value.items() for part in pair], depth)
        elif kind.__module__ in ("datetime", "decimal", "uuid", "re", "fractions", "zoneinfo", "pathlib"):
            yield f"{name} {value!r}"
        elif kind.__module__ == "numpy" and hasattr(value, "tobytes") and value.dtype != object:
            yield f"{name} {value.dtype} {value.shape} {_sha(value.tobytes())}"
        else:
            yield from self._object(name, value, depth)

    def _object(self, name: str, value: Any, depth: int) -> Iterator[str]:
        """An instance: its class, if that is the user's with its code, and what it holds as plain attributes."""
        yield f"object {name}"
        try:
            held = object.__getattribute__(value, "__dict__")
        except AttributeError:
            held = {}
        if not self._is_users_class(type(value)):
            # What others' objects hold may change from run to run without meaning anything: locks, times, caches.
            self.unknown = self.unknown or not name.startswith(_WITHOUT_DATA)
            yield from self.parts(held.get("func"), depth)  # a UDF of Spark, a lazy property
            return
        yield from self._class(type(value), depth)
        for attribute, held_value in sorted(held.items()):
            yield f"attribute {attribute}"
            yield from self.parts(held_value, depth)

    def _is_users_class(self, value: type) -> bool:
        functions = [member for member in vars(value).values() if isinstance(member, FunctionType)]
        module = sys.modules.get(value.__module__)
        file = getattr(module, "__file__", None)
        files = [function.__code__.co_filename for function in functions] or ([file] if isinstance(file, str) else [])
        return any(map(self._is_users, files))

    def _all(self, name: str, values: Any, depth: int) -> Iterator[str]:
        yield f"{name} {len(values)}"
        for inner in values:
            yield from self.parts(inner, depth)

    def _unordered(self, name: str, values: Any, depth: int) -> Iterator[str]:
        yield f"{name} {len(values)}"
        yield from sorted("\x01".join(self.parts(inner, depth)) for inner in values)


def _names(code: CodeType) -> set[str]:
    """Names of globals and attributes that the code and the code inside it use."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
    return found


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
