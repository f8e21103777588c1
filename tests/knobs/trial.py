"""One flip tried: some histories of the co-simulation, and the story against a real daemon."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cosim.history import tell
from tests.cosim.judge import Broken
from tests.knobs.flips import Flip
from tests.system.demo_process import run

STORY = ("--story", "consultation", "--headless", "--exit")


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. `broken` and `story`: what went wrong in histories and in the story; empty if nothing."""

    flip: Flip
    told: int
    broken: tuple[str, ...]
    story: str

    @property
    def passed(self) -> bool:
        return not self.broken and not self.story

    def line(self) -> str:
        """As the table shows it."""
        histories = f"{self.told - len(self.broken)}/{self.told}" if self.flip.told else "-"
        story = self.story or (f"stops at {self.flip.stops_at!r}, as it must" if self.flip.stops_at else "confirmed")
        return f"{'ok ' if self.passed else 'NOT'}  {self.flip.name:<55} {histories:>9}  {story}"


def histories(flip: Flip, seeds: range) -> tuple[str, ...]:
    """What broke in these histories on the flipped platform."""
    broken = []
    for seed in seeds if flip.told else ():
        try:
            tell(seed, flip.turned)
        except Broken as failed:
            broken.append(str(failed))
    return tuple(broken)


def story(flip: Flip) -> str:
    """What is not as expected in the story on the flipped platform; empty when all is."""
    with TemporaryDirectory(prefix="vmrd-knobs-") as folder:
        platform = Path(folder) / "platform.toml"
        lines = [f"{knob} = {json.dumps(value)}" for knob, value in flip.turned.items()]
        platform.write_text("\n".join(lines), "utf-8")
        ended = run(Path(folder), *STORY, "--platform", str(platform))
    if flip.stops_at:
        rightly = ended.code == 1 and len(ended.refuted) == 1 and flip.stops_at in ended.refuted[0]
        return "" if rightly else f"should stop at {flip.stops_at!r}: {ended.refuted or ended.err[-1:]}"
    return "" if ended.code == 0 else " | ".join(ended.refuted or ended.err[-2:])


def tried(flip: Flip, seeds: range, with_story: bool = True) -> Trial:
    """Try it."""
    return Trial(flip, len(seeds), histories(flip, seeds), story(flip) if with_story else "")
