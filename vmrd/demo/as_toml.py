"""A configuration written as TOML: tables, lists of tables, texts, numbers and switches, which is all ours have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def as_toml(values: Mapping[str, Any]) -> str:
    """The text that `tomllib` reads back as `values`."""
    return "\n".join(_table("", values)) + "\n"


def _table(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    """What is no table first: after a table's head everything belongs to it."""
    inner = {key: value for key, value in values.items() if _is_inner(value)}
    for key, value in values.items():
        if key not in inner and value is not None:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in inner.items():
        path = f"{name}.{_key(key)}" if name else _key(key)
        if isinstance(value, Mapping):
            yield f"\n[{path}]"
            yield from _table(path, value)
        else:
            for each in value:
                yield f"\n[[{path}]]"
                yield from _table(path, each)


def _is_inner(value: object) -> bool:
    tables = isinstance(value, list | tuple) and bool(value) and all(isinstance(each, Mapping) for each in value)
    return tables or isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: Any) -> str:
    """JSON's texts, numbers and switches are TOML's too."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)
