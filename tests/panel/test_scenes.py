"""Every screen has a scene, so that none is left out of what is checked of all of them (tests/browser/test_screens.py).

Each scene is asked for over HTTP and the templates it is made of are noted. What no scene is made of, nobody has looked
at: a new screen, a new part of one, a new question, a new face of the light.
"""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest

from tests.browser.scenes import SCENES
from tests.browser.stage import staged
from vmrd.web.authorisation import Nobody, rows
from vmrd.web.panel import pages, render
from vmrd.web.panel.light import Face

LOOKED_AT_ELSEWHERE = {
    "passing.html": "leads on at once: tests/browser/test_signing_in.py passes through it",
    "handover.html": "comes after a press in its scene: tests/browser/test_screens.py, handed-over",
}
A_MODE_OF_ITS_OWN = {Face.SHADOW}
"""Of a whole vmrd and not of a meeting: tests/browser/test_shadow.py."""
NO_SCREEN = re.compile(
    r"/v1/|/openapi|/panel/(static|language|fragments|summary\.)|/sign-in/(demo|oidc|callback|done|left|alarms)|/sign-out"
)
"""Routes that answer no page of their own: data, parts of pages, and steps that lead on."""


@pytest.mark.asyncio
async def test_every_screen_and_every_part_of_one_has_a_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment, made = render._ENVIRONMENT, set[str]()
    load = environment.get_template

    def noted(name: str, *rest: object) -> object:
        made.add(name)
        return load(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(environment, "get_template", noted)
    paths: list[str] = []
    faces: set[Face] = set()
    for name, scene_of in SCENES.items():
        folder = tmp_path / name
        folder.mkdir()
        async with staged(folder) as stage:
            scene = await scene_of(stage)
            cookies = {"vmrd": stage.cookie} if scene.signed_in else {}
            async with (
                aiohttp.ClientSession(cookies=cookies, headers={"Accept": "text/html"}) as client,
                client.get(stage.url + scene.path) as answer,
            ):
                assert answer.content_type == "text/html", name
                faces |= _faces(await answer.text())
            paths.append(scene.path)
    there = {path.name for path in (Path(render.__file__).parent / "templates").glob("*.html")}
    assert there - made - LOOKED_AT_ELSEWHERE.keys() - {"macros.html"} == set()
    assert {each for each in pages.CONFIRMED if not any(f"/confirm/{each}" in path for path in paths)} == set()
    assert _without_a_scene(paths) == []
    assert faces == set(Face) - A_MODE_OF_ITS_OWN


def _faces(page: str) -> set[Face]:
    return {Face(each) for each in re.findall(r"lamp (?:small )?face-([\w-]+)", page)}


def _without_a_scene(paths: list[str]) -> list[str]:
    """Routes whose answer is a page, and no scene stands there."""
    wanted = [row.path for row in rows() if row.method == "GET" and row.nobody is not Nobody.OTHER_PROOF]
    pages_of = [path for path in wanted if path != "/" and not NO_SCREEN.match(path)]
    return [path for path in pages_of if not any(_fits(path, each.partition("?")[0]) for each in paths)]


def _fits(route: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{tail\}", ".+", re.sub(r"\{(?!tail)\w+\}", "[^/]+", route)), path) is not None


def test_a_route_without_a_scene_is_found() -> None:
    assert _without_a_scene(["/panel"]) == ["/sign-in", "/panel/{tail}"]
