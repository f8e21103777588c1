"""What the vendor's framework does for every resource alike: lists, details, schemas, bulk changes, wiping.

| request | on the list | on one object |
|---|---|---|
| GET | a page | the object |
| POST | 201, empty, with a Location | – |
| PATCH | `objects` and `deleted_objects`, all or nothing: 202 | what is named changes: 202 |
| PUT | – | all else falls back to its default: 204 |
| DELETE | everything that passes the filters: 204, or 403 unless a knob allows it | 204 |
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from aiohttp import web

from pexip_mock.front import Handler
from pexip_mock.listing import page, selected
from pexip_mock.operations import ADMIN
from pexip_mock.refusal import Refusal
from pexip_mock.resource import Changer, Keeper, Reader, Resource
from pexip_mock.stored import cannot
from pexip_mock.wire import Json, answer, answer_created


def reading(reader: Reader) -> list[web.RouteDef]:
    """Routes of a resource that may be read, and of its schema; what the mock cannot do answers 501."""
    resource = reader.resource

    async def listed(request: web.Request) -> web.Response:
        return answer(page(request, reader))

    async def read(request: web.Request) -> web.Response:
        return answer(reader.row(request.match_info["id"]))

    detail = resource.path + "{id}/"
    routes = [*describing(resource), web.get(resource.path, listed)]
    if "get" in resource.detailed:
        routes.append(web.get(detail, read))
    for method in resource.elsewhere:
        if method != "put":
            routes.append(web.route(method, resource.path, refusing(resource)))
        if method != "post":
            routes.append(web.route(method, detail, refusing(resource)))
    return routes


def describing(resource: Resource) -> list[web.RouteDef]:
    """The route of a resource's schema document."""

    async def schema(_request: web.Request) -> web.Response:
        return answer(resource.schema())

    return [web.get(f"{resource.path}schema/", schema)]


def refusing(resource: Resource) -> Handler:
    """The handler of what the platform does and the mock does not."""

    async def refuse(_request: web.Request) -> web.StreamResponse:
        raise cannot(resource)

    return refuse


def root(path: str, prefix: str, resources: tuple[Resource, ...]) -> web.RouteDef:
    """The route of an API's root: where the lists and the schemas of its resources are."""
    entries = {
        resource.name.removeprefix(prefix): {"list_endpoint": resource.path, "schema": f"{resource.path}schema/"}
        for resource in resources
    }

    async def entered(_request: web.Request) -> web.Response:
        return answer(entries)

    return web.get(f"{ADMIN}/{path}/", entered)


class Writing:
    """Routes of what may be changed. `atomically` undoes what was done when a Refusal passes through it."""

    def __init__(self, atomically: Callable[[], AbstractContextManager[None]], may_wipe: Callable[[], bool]) -> None:
        self._atomically = atomically
        self._may_wipe = may_wipe

    def routes(self, keeper: Keeper) -> list[web.RouteDef]:
        """Routes of a resource whose objects come and go, reading included."""
        path = keeper.resource.path
        return [
            *self.changing(keeper),
            web.post(path, self._create(keeper)),
            web.patch(path, self._patch_list(keeper)),
            web.delete(path, self._wipe(keeper)),
            web.delete(path + "{id}/", self._delete(keeper)),
        ]

    def changing(self, keeper: Changer) -> list[web.RouteDef]:
        """Routes of a resource whose objects are always the same, reading included."""
        detail = keeper.resource.path + "{id}/"
        routes = [*reading(keeper), web.patch(detail, self._patch(keeper))]
        if "put" in keeper.resource.detailed:
            routes.append(web.put(detail, self._put(keeper)))
        return routes

    def _create(self, keeper: Keeper) -> Handler:
        async def create(request: web.Request) -> web.StreamResponse:
            body = await document(request)
            with self._atomically():
                key = keeper.create(body)
            return answer_created(keeper.resource.uri(key))

        return create

    def _patch(self, keeper: Changer) -> Handler:
        async def patch(request: web.Request) -> web.StreamResponse:
            body, key = await document(request), request.match_info["id"]
            with self._atomically():
                keeper.change(key, body, whole=False)
            return answer(keeper.row(key), 202)

        return patch

    def _put(self, keeper: Changer) -> Handler:
        async def put(request: web.Request) -> web.StreamResponse:
            body = await document(request)
            with self._atomically():
                keeper.change(request.match_info["id"], body, whole=True)
            return web.Response(status=204)

        return put

    def _delete(self, keeper: Keeper) -> Handler:
        async def delete(request: web.Request) -> web.StreamResponse:
            with self._atomically():
                keeper.delete(request.match_info["id"])
            return web.Response(status=204)

        return delete

    def _wipe(self, keeper: Keeper) -> Handler:
        async def wipe(request: web.Request) -> web.StreamResponse:
            doomed = selected(request, keeper)
            if not self._may_wipe():
                raise Refusal(403, f"This mock refuses to delete every {keeper.resource.name} at once.")
            with self._atomically():
                for row in doomed:
                    keeper.delete(str(row["id"]))
            return web.Response(status=204)

        return wipe

    def _patch_list(self, keeper: Keeper) -> Handler:
        async def patch_list(request: web.Request) -> web.StreamResponse:
            body = await document(request)
            if "objects" not in body:
                raise Refusal(400, "Invalid data sent: missing 'objects'.")
            changed, deleted = _several(body, "objects"), _several(body, "deleted_objects")
            with self._atomically():
                for item in changed:
                    _put_in(keeper, item)
                for uri in deleted:
                    _named(keeper, uri, keeper.delete)
            return web.Response(status=202)

        return patch_list


async def document(request: web.Request) -> Json:
    """The request's JSON object. Raises Refusal 415 for another format, 400 for what is no JSON object."""
    raw = await request.read()
    if raw and "Content-Type" in request.headers and request.content_type != "application/json":
        raise Refusal(415, f"Cannot read {request.content_type}; send application/json.")
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Refusal(400, "The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(400, "The body is not a JSON object.")
    return body


def _several(body: Json, name: str) -> list[object]:
    value = body.get(name, [])
    if not isinstance(value, list):
        raise Refusal(400, f"Invalid data sent: '{name}' is not a list.")
    return value


def _put_in(keeper: Keeper, item: object) -> None:
    if not isinstance(item, dict):
        raise Refusal(400, "Invalid data sent: an object is expected.")
    if "resource_uri" in item:
        _named(keeper, item["resource_uri"], lambda key: keeper.change(key, item, whole=False))
    else:
        keeper.create(item)


def _named(keeper: Keeper, uri: object, act: Callable[[str], None]) -> None:
    """Do this to the object under a URI. Raises Refusal 400 when there is none."""
    key = keeper.resource.key_in(uri) if isinstance(uri, str) else None
    sentence = f"Could not find the {keeper.resource.name} under '{str(uri)[:200]}'."
    if key is None:
        raise Refusal(400, sentence)
    try:
        act(key)
    except Refusal as refusal:
        if refusal.status == 404:
            raise Refusal(400, sentence) from None
        raise
