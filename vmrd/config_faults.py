"""What is wrong with a configuration, one line for each fault: `key: what is wrong and how to mend it (where it is)`.

pydantic says what is wrong to programmers; here it is said to whoever edits the file. No value is ever part of a line,
because any of them may be a secret in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from vmrd.config_establishments import CODE, NO_SPACE, QUESTION_KEY, TELEPHONE
from vmrd.config_senders import SYSTEM

Loc = tuple[str | int, ...]

CANNOT = "cannot be used"
"""Said where no sentence fits; a test looks for what would need one."""
_PATTERNS = {
    CODE: "must be a NOMIS code of three or four capital letters and digits, for example MDI",
    SYSTEM: "must be 1 to 32 small letters, digits, - or _, for example bvls",
    QUESTION_KEY: "must be 1 to 40 small letters, digits or -, for example vehicle",
    TELEPHONE: "must be a telephone number of digits and spaces, for example 01632 960100",
    NO_SPACE: "must be 1 to 250 signs without a space",
}
_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']:g}",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']:g}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']:g}",
    "literal_error": lambda ctx: f"must be {_quoted(ctx['expected'])}",
    "enum": lambda ctx: f"must be {_quoted(ctx['expected'])}",
    "too_short": lambda ctx: f"must hold at least {_entries(ctx['min_length'])}",
    "too_long": lambda ctx: f"may hold no more than {_entries(ctx['max_length'])}",
    "string_too_short": lambda ctx: (
        "must not be empty" if ctx["min_length"] == 1 else f"is too short: give at least {ctx['min_length']} signs"
    ),
    "string_too_long": lambda ctx: f"is too long: give at most {ctx['max_length']} signs",
    "string_pattern_mismatch": lambda ctx: _PATTERNS.get(ctx["pattern"], "is not written as this key wants it"),
    "value_error": lambda ctx: str(ctx["error"]),
}
_TYPES = {
    "string_type": 'must be text in quotes, for example "…"',
    "string_unicode": "must be text",
    "int_type": "must be a whole number, without quotes",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number, without a fraction",
    "int_parsing_size": "is too large a number",
    "float_type": "must be a number, without quotes",
    "float_parsing": "must be a number",
    "finite_number": "must be a number that ends",
    "bool_type": "must be true or false, without quotes",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list in square brackets, for example [ … ]",
    "dict_type": 'must be a table, for example { name = "…" }',
    "model_type": "must be a table of its own keys",
    "model_attributes_type": "must be a table of its own keys",
    "path_type": 'must be a path in quotes, for example "/etc/vmrd/…"',
    "ip_any_network": 'must be an address or a network, for example "192.0.2.10/32"',
    "ip_v4_network": 'must be an address or a network, for example "192.0.2.10/32"',
    "ip_v6_network": 'must be an address or a network, for example "192.0.2.10/32"',
}


class ConfigError(Exception):
    """The configuration cannot be used; the text names every fault in a line of its own, and never a value."""


def faults_of(model: type[BaseModel], error: ValidationError, where: Callable[[Loc], str]) -> list[str]:
    """A line for each of pydantic's errors. `where`: in which file, variable or credential the key stands."""
    seen: dict[Loc, str] = {}
    errors = error.errors(include_input=False, include_url=False)
    for each in errors:
        loc, kind = _shown(each["loc"]), each["type"]
        if kind == "too_short" and any(
            len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in errors
        ):
            continue  # it is short because an entry of it is wrong
        loc, sentence = _pointed(model, loc, _sentence(model, loc, kind, each.get("ctx", {})))
        seen.setdefault(loc, sentence)
    return [line(loc, sentence, where) for loc, sentence in seen.items()]


def line(loc: Loc, sentence: str, where: Callable[[Loc], str]) -> str:
    """One fault as it is printed."""
    found = where(loc)
    return f"{'.'.join(map(str, loc))}: {sentence}{f' ({found})' if found else ''}"


def close_to(name: str, known: Iterable[str]) -> str:
    """What was likely meant, or what there is, as the rest of a sentence."""
    names = sorted(known)
    guess = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f"did you mean {guess[0]}?" if guess else f"known here: {', '.join(names)}"


def part_at(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The table a key leads to, where it is one, and the key's own field."""
    part: type[BaseModel] | None = model
    field: FieldInfo | None = None
    for key in loc:
        if isinstance(key, int):
            continue
        field = part.model_fields.get(key) if part is not None else None
        part = _model_in(field.annotation) if field is not None else None
    return part, field


def is_secret(field: FieldInfo) -> bool:
    """Whether its value belongs into a credential."""
    return _mentions(field.annotation, SecretStr)


def takes_json(model: type[BaseModel], loc: Sequence[str | int]) -> bool:
    """Whether its value is a list or a table, which the environment and credentials hold as JSON."""
    part, field = part_at(model, loc)
    return field is not None and (part is not None or _is_many(field.annotation))


def _pointed(model: type[BaseModel], loc: Loc, sentence: str) -> tuple[Loc, str]:
    """What a table's own check says of one of its keys (`key: sentence`) is said of that key."""
    part, _ = part_at(model, loc)
    key, colon, rest = sentence.partition(": ")
    if colon and part is not None and key in part.model_fields:
        return (*loc, key), rest
    return loc, sentence


def _shown(loc: Loc) -> Loc:
    """The key without the steps pydantic adds inside a union (`function-after[…]`, `tuple[…]`)."""
    return tuple(step for step in loc if isinstance(step, int) or re.fullmatch(r"[^\[\]()]+", step))


def _sentence(model: type[BaseModel], loc: Loc, kind: str, ctx: Mapping[str, Any]) -> str:
    part, field = part_at(model, loc)
    if kind == "extra_forbidden":
        above, _ = part_at(model, loc[:-1])
        known = above.model_fields if above is not None else ()
        return f"is no key of vmrd: {close_to(str(loc[-1]), known)}"
    if kind == "missing":
        return _missing(loc, part, field)
    if kind == "too_short" and ctx["field_type"] == "Value":  # a secret
        return _SENTENCES["string_too_short"](ctx)
    if kind in _SENTENCES:
        return _SENTENCES[kind](ctx)
    if kind == "ip_any_network" or kind.startswith("ip_"):
        return _TYPES["ip_any_network"]
    return _TYPES.get(kind, CANNOT)


def _missing(loc: Loc, part: type[BaseModel] | None, field: FieldInfo | None) -> str:
    if field is None or field.description is None:
        return "is missing"
    if part is not None:
        return f"is missing: add the table [{'.'.join(map(str, loc))}] ({field.description})"
    if is_secret(field) and not any(isinstance(step, int) for step in loc):
        return f"is missing: put it into the credential {'__'.join(map(str, loc))} ({field.description})"
    return f"is missing: add it ({field.description})"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each)) is not None), None)


def _mentions(annotation: Any, kind: type) -> bool:
    return annotation is kind or any(_mentions(each, kind) for each in get_args(annotation))


def _is_many(annotation: Any) -> bool:
    return get_origin(annotation) in (tuple, dict) or any(_is_many(each) for each in get_args(annotation))


def _entries(count: int) -> str:
    return "one entry" if count == 1 else f"{count} entries"


def _quoted(expected: str) -> str:
    return expected.replace("'", '"')
