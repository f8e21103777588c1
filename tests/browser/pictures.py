"""Pictures of every screen in every state at three widths:  make screenshots

Written to docs/pictures/panel/<scene>-<width>.png in few colours. The README's three are committed, the rest is not.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.scenes import SCENES, Scene, complete
from tests.browser.stage import Stage, staged
from tests.conftest import find_chromium

FOLDER = Path(__file__).parent.parent.parent / "docs" / "pictures" / "panel"
WIDTHS = {1280: 900, 768: 1024, 390: 844}
COLOURS = 64


async def main(names: Sequence[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for name in names:
            for width, height in WIDTHS.items():  # each time anew: some scenes last a few seconds only
                with tempfile.TemporaryDirectory() as folder:
                    async with staged(Path(folder)) as stage:
                        picture = await taken(browser, stage, await SCENES[name](stage), width, height)
                        picture.save(FOLDER / f"{name}-{width}.png", optimize=True)
        await browser.close()


async def taken(browser: Browser, stage: Stage, scene: Scene, width: int, height: int) -> Image.Image:
    """The whole page, with the buttons settled and the line live."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=scene.script,
        reduced_motion="reduce",
    )
    if scene.signed_in:
        await context.add_cookies([{"name": "vmrd", "value": stage.cookie, "url": stage.url}])
    page = await context.new_page()
    await page.goto(f"{stage.url}{scene.path}")
    if scene.script and scene.signed_in and await page.locator("#sound-on").is_visible():
        await page.locator("#sound-on").click()
    await complete(page, scene)
    # As tall as the page, so that what sticks to the screen's edges covers nothing.
    await page.set_viewport_size({"width": width, "height": await page.evaluate("document.body.scrollHeight")})
    shot = Image.open(io.BytesIO(await page.screenshot(full_page=True)))
    await context.close()
    return shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or list(SCENES)))
