"""Does this JSON have that shape? Shapes are facts kept as JSON: `client_shapes.json`, `event_shapes.json`.

| a shape | fits |
|---|---|
| `"string"`, `"number"`, `"integer"`, `"boolean"`, `"null"` | a value of that kind |
| `{"one of": […]}` | one of these values |
| `{"list of": S}`, `{"map to": S}` | a list, an object, all of whose values fit S |
| `{"either": [S, …]}` | what fits any of them |
| `"$name"` | what fits the shape of that name |
| any other object | an object with these fields; a field whose name ends in `?` may be absent, and others may come |
"""

import json
from pathlib import Path

KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def facts(name: str) -> dict:
    """One file of shapes."""
    return json.loads((Path(__file__).parent / name).read_text("utf-8"))


def misfits(value: object, shape: object, named: dict, at: str = "") -> list[str]:
    """Where the value does not fit the shape, in words."""
    match shape:
        case str() if shape.startswith("$"):
            return misfits(value, named[shape[1:]], named, at)
        case str():
            fits = isinstance(value, KINDS[shape]) and isinstance(value, bool) is (shape == "boolean")
            return [] if fits else [f"{at}: {value!r} is no {shape}"]
        case {"one of": choices}:
            return [] if any(value == c and type(value) is type(c) for c in choices) else [f"{at}: {value!r}"]
        case {"list of": inner}:
            if not isinstance(value, list):
                return [f"{at}: {value!r} is no list"]
            return [fault for i, one in enumerate(value) for fault in misfits(one, inner, named, f"{at}[{i}]")]
        case {"either": inners}:
            tried = [misfits(value, inner, named, at) for inner in inners]
            return [] if [] in tried else [f"{at}: {value!r} fits none of {len(tried)}"]
        case {"map to": inner}:
            if not isinstance(value, dict):
                return [f"{at}: {value!r} is no object"]
            return [fault for key, one in value.items() for fault in misfits(one, inner, named, f"{at}/{key}")]
        case dict():
            if not isinstance(value, dict):
                return [f"{at}: {value!r} is no object"]
            found = []
            for field, inner in shape.items():
                name = field.removesuffix("?")
                if name in value:
                    found += misfits(value[name], inner, named, f"{at}/{name}")
                elif name == field:
                    found.append(f"{at}/{name} is missing")
            return found
        case _:
            raise AssertionError(f"{shape!r} is no shape")
