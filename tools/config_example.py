"""The full example of the configuration and its JSON schema, both made from the models.

    python -m tools.config_example        writes config/vmrd.toml and config/vmrd.schema.json

A key that must be given, or makes the example one, stands as it is; any other is commented out with its default, or
with an example where it has none. A secret is never shown: its credential is named.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vmrd.config import Config
from vmrd.config_establishments import TimingConfig
from vmrd.config_faults import is_secret, part_at
from vmrd.lifecycle.rules import Rules

FOLDER = Path(__file__).parents[1] / "config"
EXAMPLE, SCHEMA = FOLDER / "vmrd.toml", FOLDER / "vmrd.schema.json"

_WIDTH = 116
_HEAD = """\
#:schema ./vmrd.schema.json
# Every setting vmrd knows. Made from the models by `make config-example`: change those, not this file.
# Strongest first: environment (VMRD_PEXIP__PASSWORD=…), systemd credentials (pexip__password), this file, defaults.
# docs/configuration.md says more. A key that is commented out shows its default, unless it says "for example".
"""
_SHOWN = frozenset(
    {
        "directory",
        "pexip.location",
        "store.path",
        "establishments.telephone",
        "establishments.rooms",
        "establishments.rooms.address",
        "establishments.rooms.dps_location_id",
    }
)
"""Not required, and part of an example that shows a working prison."""


def example() -> str:
    """The text of `config/vmrd.toml`."""
    text = "\n".join([_HEAD, *_table(Config, (), shown=True)])
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def schema() -> str:
    """The text of `config/vmrd.schema.json`: what the file may say. What comes from credentials need not be there."""
    made = Config.model_json_schema()
    made["title"] = "vmrd.toml"
    made["description"] = "The configuration of vmrd; see docs/configuration.md."
    directory = Config.model_fields["directory"]
    made["properties"]["directory"] = {"type": "string", "description": directory.description}
    definitions = made["$defs"]
    for table in (made, *definitions.values()):
        secrets = {name for name, of in table.get("properties", {}).items() if _writes_only(of)}
        if "required" in table:
            table["required"] = [name for name in table["required"] if name not in secrets]
    made["$defs"] = {name: definitions[name] for name in sorted(_reached(made["properties"], definitions))}
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **made}, indent=2) + "\n"


def main() -> None:
    EXAMPLE.write_text(example(), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")


def _table(model: type[BaseModel], path: tuple[str, ...], *, shown: bool) -> Iterator[str]:
    """The keys of a table, then the tables in it: TOML wants it in this order."""
    parts = {name: part_at(model, (name,))[0] for name in model.model_fields}
    parts["directory"] = None
    for name, field in model.model_fields.items():
        if parts.get(name) is None:
            yield from _key(model, (*path, name), field, shown=shown)
    for name, field in model.model_fields.items():
        part = parts.get(name)
        if part is not None:
            yield from _part(part, (*path, name), field, shown=shown)


def _part(model: type[BaseModel], path: tuple[str, ...], field: FieldInfo, *, shown: bool) -> Iterator[str]:
    dotted = ".".join(path)
    many = get_origin(field.annotation) is tuple
    optional = many or field.default is None
    here = shown and (not optional or field.is_required() or dotted in _SHOWN)
    name = f"[[{dotted}]]" if many else f"[{dotted}]"
    yield from _comment(" ".join((model.__doc__ or "").split()))
    if many:
        yield from _comment(f"{field.description}: one such table for each.")
    yield name if here else f"# {name}"
    yield from _table(model, path, shown=here)


def _key(model: type[BaseModel], path: tuple[str, ...], field: FieldInfo, *, shown: bool) -> Iterator[str]:
    dotted, name = ".".join(path), path[-1]
    said = [f"{field.description}."]
    if choices := _choices(field.annotation):
        said.append(f"One of: {', '.join(choices)}.")
    if is_secret(field):
        named = "__".join(path)
        whence = "a secret" if path[0] == "senders" else f"from the credential {named}"
        yield from _comment(" ".join([*said, f"Not in a file that others may read: {whence}."]))
        yield f"# {name} = {_secret(field)}"
        yield ""
        return
    here = shown and (field.is_required() or dotted in _SHOWN)
    default = _default(model, name, field)
    if here:
        value = field.examples[0] if field.examples else default
    elif default is not None and default not in ((), {}):
        value = default
    else:
        value = field.examples[0] if field.examples else default
        if field.is_required():
            said.append("Must be given with its table; for example:")
        elif field.examples:
            said.append("Not set by default; for example:")
    yield from _comment(" ".join(said))
    yield f"{'' if here else '# '}{name} = {_value(value)}"
    yield ""


def _secret(field: FieldInfo) -> str:
    return '["…"]' if get_origin(field.annotation) is tuple else '"…"'


def _default(model: type[BaseModel], name: str, field: FieldInfo) -> Any:
    if field.is_required():
        return None
    if name == "directory":
        return None
    if model is TimingConfig:  # what is not set keeps the rule's own
        return getattr(Rules(), name) // 1_000
    return field.default


def _choices(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(each) for each in get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(each.value) for each in annotation]
    return [choice for each in get_args(annotation) for choice in _choices(each)]


def _comment(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text.replace("`", ""), _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return json.dumps(value.value)
        case int() | float():
            return str(value)
        case Mapping():
            return "{ " + ", ".join(f"{json.dumps(key)} = {_value(each)}" for key, each in value.items()) + " }"
        case tuple() | list():
            return "[" + ", ".join(_value(each) for each in value) + "]"
        case _:
            return json.dumps(str(value), ensure_ascii=False)


def _writes_only(shape: Mapping[str, Any]) -> bool:
    return any(each.get("writeOnly", False) for each in (shape, *shape.get("anyOf", ())))


def _reached(shape: Any, definitions: Mapping[str, Any]) -> set[str]:
    """Every definition that is used."""
    found: set[str] = set()
    waiting = [shape]
    while waiting:
        match waiting.pop():
            case {"$ref": str(ref), **rest}:
                name = ref.rpartition("/")[2]
                waiting.append(rest)
                if name not in found:
                    found.add(name)
                    waiting.append(definitions[name])
            case Mapping() as table:
                waiting.extend(table.values())
            case list() as entries:
                waiting.extend(entries)
    return found


if __name__ == "__main__":
    main()
