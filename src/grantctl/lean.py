"""Frozen dataclasses and enumerations of text, as far as this code uses them, quick to define.

Owns nothing but speed: `dataclasses` imports `inspect` and compiles six functions a class, `enum`
builds a class in Python, and together they would take most of the time of a whole `check`. A type
checker sees the originals; at run time a class here costs a few microseconds, and its `__init__` is
compiled when the third object is made. `dataclasses.replace` and its like take these objects too.
What differs, apart from speed: no field is inherited, and every dataclass is frozen and has slots.
"""

from __future__ import annotations

__all__ = ["IntEnum", "StrEnum", "dataclass", "field", "replace"]

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
    from enum import IntEnum, StrEnum
else:
    from _operator import attrgetter

    _MISSING = object()
    _FEW = 2

    class _Field:
        __slots__ = ("default", "default_factory", "is_shown")

        def __init__(self, default, default_factory, is_shown):
            self.default = default
            self.default_factory = default_factory
            self.is_shown = is_shown

    _REQUIRED = _Field(_MISSING, None, True)

    def _field_of(default):
        if default is _MISSING:
            return _REQUIRED
        return default if isinstance(default, _Field) else _Field(default, None, True)

    def field(*, default=_MISSING, default_factory=None, repr=True):
        """A field with a default that is made anew for each object, or that `repr` hides."""
        return _Field(default, default_factory, repr)

    def replace(instance, /, **changes):
        """A copy of an object with other values in some fields."""
        cls = instance.__class__
        for name in cls.__match_args__:
            if name not in changes:
                changes[name] = getattr(instance, name)
        return cls(**changes)

    def dataclass(*, frozen, slots, order=False):
        """Make a class of its annotations: frozen, with slots, compared by value."""
        if not (frozen and slots):
            raise TypeError("a dataclass here is frozen and has slots")
        return _ordered if order else _made

    def _made(cls):
        names = tuple(cls.__annotations__) if "__annotations__" in cls.__dict__ else ()
        fields = {name: _field_of(cls.__dict__.get(name, _MISSING)) for name in names}
        content = {
            name: value
            for name, value in cls.__dict__.items()
            if name not in fields and name not in ("__dict__", "__weakref__")
        }
        own = dict(_METHODS, **content)
        own["__slots__"] = own["__match_args__"] = names
        own["__fields__"] = fields
        own["__init__"] = _first_init
        own["__made__"] = 0
        own["__values__"] = _values_of(names)
        return type(cls)(cls.__name__, cls.__bases__, own)

    def _ordered(cls):
        made = _made(cls)
        made.__lt__ = lambda self, other: _compare(self, other, "__lt__")
        made.__le__ = lambda self, other: _compare(self, other, "__le__")
        made.__gt__ = lambda self, other: _compare(self, other, "__gt__")
        made.__ge__ = lambda self, other: _compare(self, other, "__ge__")
        return made

    def _values_of(names):
        """A function from an object to the tuple of its values."""
        if len(names) > 1:
            return staticmethod(attrgetter(*names))
        if names:
            only = attrgetter(names[0])
            return staticmethod(lambda instance: (only(instance),))
        return staticmethod(lambda _: ())

    def _first_init(self, /, *values, **named):
        """Set the slots one by one; the third time, compile an `__init__` that does it faster."""
        cls = self.__class__
        cls.__made__ += 1
        if cls.__made__ > _FEW or hasattr(cls, "__post_init__"):
            cls.__init__ = _compiled_init(cls)
            cls.__init__(self, *values, **named)
            return
        given = dict(zip(cls.__match_args__, values))  # noqa: B905  # too many are told below
        own = cls.__dict__
        if len(given) == len(values) and not (given.keys() & named.keys()):
            given.update(named)
            if given.keys() <= cls.__fields__.keys():
                for name, one in cls.__fields__.items():
                    if name in given:
                        own[name].__set__(self, given[name])
                    elif one.default_factory is not None:
                        own[name].__set__(self, one.default_factory())
                    elif one.default is not _MISSING:
                        own[name].__set__(self, one.default)
                    else:
                        break
                else:
                    return
        _compiled_init(cls)(self, *values, **named)  # which says what is wrong

    def _compiled_init(cls):
        """An `__init__` that sets each slot by its descriptor, which a frozen class lets through.

        It is made of the names of fields alone, which are those of this code.
        """
        space, parameters, body = {"_MISSING": _MISSING}, [], []
        for name, one in cls.__fields__.items():
            parameter = name
            if one.default_factory is not None:
                space[f"_make_{name}"] = one.default_factory
                body.append(f" if {name} is _MISSING: {name} = _make_{name}()")
                parameter = f"{name}=_MISSING"
            elif one.default is not _MISSING:
                space[f"_default_{name}"] = one.default
                parameter = f"{name}=_default_{name}"
            parameters.append(parameter)
            space[f"_set_{name}"] = cls.__dict__[name].__set__
            body.append(f" _set_{name}(self, {name})")
        if hasattr(cls, "__post_init__"):
            body.append(" self.__post_init__()")
        head = f"def __init__(self{''.join(f', {one}' for one in parameters)}):\n"
        exec(head + "\n".join(body or [" pass"]), space)  # noqa: S102
        made = space["__init__"]
        made.__qualname__ = f"{cls.__qualname__}.__init__"
        return made

    def _eq(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self.__values__(self) == other.__values__(other)

    def _compare(self, other, how):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return getattr(self.__values__(self), how)(other.__values__(other))

    def _hash(self):
        return hash(self.__values__(self))

    def _repr(self):
        shown = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name, one in self.__fields__.items()
            if one.is_shown
        )
        return f"{self.__class__.__qualname__}({shown})"

    def _refuse(_, name, *__):
        raise AttributeError(f"cannot change field {name!r}")

    def _reduce(self):
        return self.__class__, self.__values__(self)

    class _StandardFields:
        """What `dataclasses.replace`, `fields` and `asdict` look for, made when they do."""

        def __get__(self, instance, cls):
            from dataclasses import field as standard_field
            from dataclasses import make_dataclass

            described = []
            for name, one in cls.__fields__.items():
                named = {"repr": one.is_shown}
                if one.default_factory is not None:
                    named["default_factory"] = one.default_factory
                elif one.default is not _MISSING:
                    named["default"] = one.default
                annotation = cls.__annotations__[name]
                described.append((name, annotation, standard_field(**named)))
            twin = make_dataclass(cls.__name__, described, frozen=True)
            cls.__dataclass_fields__ = twin.__dataclass_fields__
            return cls.__dataclass_fields__

    _METHODS = {
        "__dataclass_fields__": _StandardFields(),
        "__eq__": _eq,
        "__hash__": _hash,
        "__repr__": _repr,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__reduce__": _reduce,
    }

    class _Enumeration(type):
        """The class of enumerations: their members are kept in order, found by value or name."""

        def __new__(meta, name, bases, content):
            kind = bases[0] if bases else object
            plain = str if issubclass(kind, str) else int
            values = {
                one: value
                for one, value in content.items()
                if type(value) is plain and not one.startswith("_")
            }
            rest = {one: value for one, value in content.items() if one not in values}
            cls = super().__new__(meta, name, bases, rest)
            cls._members = {}
            cls._by_value = {}
            for one, value in values.items():
                member = plain.__new__(cls, value)
                member.name, member.value = one, value
                cls._members[one] = cls._by_value[value] = member
                type.__setattr__(cls, one, member)
            return cls

        def __call__(cls, value):
            try:
                return cls._by_value[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__qualname__}") from None

        def __iter__(cls):
            return iter(cls._members.values())

        def __len__(cls):
            return len(cls._members)

        def __contains__(cls, value):
            return isinstance(value, cls)

        def __getitem__(cls, name):
            return cls._members[name]

    class _Member:
        __slots__ = ()

        def __repr__(self):
            return f"<{self.__class__.__qualname__}.{self.name}: {self.value!r}>"

        def __reduce__(self):
            return self.__class__, (self.value,)

        def __copy__(self):
            return self

        def __deepcopy__(self, memo):
            return self

    class StrEnum(str, _Member, metaclass=_Enumeration):
        __repr__, __reduce__ = _Member.__repr__, _Member.__reduce__
        __str__, __format__ = str.__str__, str.__format__

    class IntEnum(int, _Member, metaclass=_Enumeration):
        __repr__, __reduce__ = _Member.__repr__, _Member.__reduce__
        __str__, __format__ = int.__repr__, int.__format__
