"""The OpenAPI 3.1 document, made from the table of calls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from vmrd.web.call import IDEMPOTENCY_KEY, Access, Call
from vmrd.web.problem import CONTENT_TYPE, TYPES, ProblemShape

Json = dict[str, Any]
Names = dict[tuple[type[BaseModel], JsonSchemaMode], str]
_REF = "#/components/schemas/{model}"
_WRITTEN = {"Idempotency-Key": {"pattern": f"^{IDEMPOTENCY_KEY}$"}}
_SECURITY: dict[Access, list[Json]] = {
    Access.ANYBODY: [],
    Access.PEOPLE: [{"token": []}, {"browser": []}],
    Access.SENDER: [{"signature": []}, {"token": []}],
    Access.ADAPTER: [{"token": []}, {"basic": []}],
    Access.PEXIP: [{"basic": []}],
    Access.POLICY: [{"basic": []}],
}


def document(calls: Sequence[Call]) -> Json:
    """The document of these calls. It holds nothing about this installation."""
    schemas, names = _schemas(calls)
    paths: Json = {}
    for call in calls:
        paths.setdefault(_plain(call.path), {})[call.method.lower()] = _operation(call, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "vmrd",
            "version": "1",
            "description": "Session control for prison video links on Pexip Infinity.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "browser": {"type": "apiKey", "in": "cookie", "name": "__Host-vmrd"},
                "signature": {"type": "apiKey", "in": "header", "name": "Webhook-Signature"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _plain(path: str) -> str:
    """The path without how its parts are written, which the document's paths cannot say."""
    return re.sub(r"{(\w+):[^}]*}", r"{\1}", path)


def _schemas(calls: Sequence[Call]) -> tuple[Json, Names]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(ProblemShape, "serialization"): None}
    for call in calls:
        if call.asks is not None:
            wanted[call.asks, "validation"] = None
        for answer in call.answers.values():
            if answer is not None:
                wanted[answer, "serialization"] = None
    refs, definitions = models_json_schema(list(wanted), ref_template=_REF)
    names = {key: str(refs[key]["$ref"]).rsplit("/", 1)[-1] for key in wanted}
    return definitions.get("$defs", {}), names


def _operation(call: Call, names: Names) -> Json:
    operation: Json = {
        "operationId": call.name,
        "summary": call.says,
        "security": _SECURITY[call.access],
        "parameters": _parameters(call),
        "responses": {
            **{str(status): _answer(call, model, names) for status, model in call.answers.items()},
            **_problems(call, names),
        },
    }
    if call.roles:
        operation["x-roles"] = [str(role) for role in call.roles]
    if call.asks is not None:
        schema = {"$ref": _REF.format(model=names[call.asks, "validation"])}
        operation["requestBody"] = {
            "required": not call.body_optional,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _parameters(call: Call) -> list[Json]:
    names = re.findall(r"{(\w+)}", _plain(call.path))
    found: list[Json] = [{"name": name, "in": "path", "required": True, "schema": _text()} for name in names]
    found += [{"name": q.name, "in": "query", "description": q.says, "schema": _text(q.written)} for q in call.query]
    found += [{"name": name, "in": "header", "schema": _text(_WRITTEN.get(name, {}))} for name in call.headers]
    return found


def _text(written: Mapping[str, str] = MappingProxyType({})) -> Json:
    return {"type": "string", **written}


def _answer(call: Call, model: type[BaseModel] | None, names: Names) -> Json:
    content: Json = {kind: {} for kind in call.other_types}
    if model is not None:
        content["application/json"] = {"schema": {"$ref": _REF.format(model=names[model, "serialization"])}}
    return {"description": "Done", **({"content": content} if content else {})}


def _problems(call: Call, names: Names) -> Json:
    by_status: dict[int, list[str]] = {}
    for name in call.all_problems:
        by_status.setdefault(TYPES[name].status, []).append(name)
    schema = {"$ref": _REF.format(model=names[ProblemShape, "serialization"])}
    return {
        str(status): {
            "description": "; ".join(f"{TYPES[name].title} (/problems/{name})" for name in found),
            "content": {CONTENT_TYPE: {"schema": schema}},
        }
        for status, found in sorted(by_status.items())
    }
