"""Fetch the panel's vendored files anew:  python -m tools.vendor

For whoever moves a version below, on a machine with npm. Installing and running need neither this nor node: what it
writes is committed, with `VENDOR.toml` to say what each file is, and a test hashes every file again.

The typeface and the royal arms in GOV.UK Frontend are for gov.uk alone and we are not on it, so both are taken out of
its style here. What is left says Arial.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "vmrd" / "web" / "panel" / "static" / "vendor"


def as_it_is(text: str) -> str:
    return text


def without_brand(style: str) -> str:
    """The style without typeface, arms, and the map to sources that are not here."""
    style = re.sub(r"(/\*![^*]*\*/)?@font-face\{[^}]*\}", "", style)
    style = style.replace("GDS Transport,arial,sans-serif", "Arial,sans-serif")
    style = re.sub(r"[\w-]+:url\([^)]*crest[^)]*\);?|\.govuk-footer__crown\{[^}]*\}", "", style)
    style = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", style).strip() + "\n"
    left = re.findall(r"GDS|font-face|crest\.svg|crown|url\(/", style)
    if left:
        raise SystemExit(f"still branded: {sorted(set(left))}")
    return style


@dataclass(frozen=True, slots=True)
class File:
    """`inside`: its path in the package."""

    inside: str
    change: Callable[[str], str] = as_it_is


@dataclass(frozen=True, slots=True)
class Package:
    """`licence`: its SPDX name; the text stands beside the files as LICENCE.txt."""

    name: str
    version: str
    licence: str
    source: str
    files: tuple[File, ...]


PACKAGES = (
    Package(
        "govuk-frontend",
        "6.6.0",
        "MIT",
        "https://github.com/alphagov/govuk-frontend",
        (File("dist/govuk/govuk-frontend.min.css", without_brand),),
    ),
    Package(
        "idiomorph",
        "0.8.0",
        "0BSD",
        "https://github.com/bigskysoftware/idiomorph",
        (File("dist/idiomorph.min.js"),),
    ),
)


def fetched(package: Package) -> str:
    """Write the package's files; its entry for `VENDOR.toml`."""
    folder = VENDOR / f"{package.name}-{package.version}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        wanted = f"{package.name}@{package.version}"
        subprocess.run(["npm", "pack", "--silent", wanted], cwd=scratch, check=True)  # noqa: S603, S607
        [ball] = Path(scratch).glob("*.tgz")
        lines = [
            "[[package]]",
            f'name = "{package.name}"',
            f'version = "{package.version}"',
            f'licence = "{package.licence}"',
            f'source = "{package.source}"',
            f'tarball-sha256 = "{_hash(ball.read_bytes())}"',
        ]
        with tarfile.open(ball) as tar:
            for file in package.files:
                packed = tar.extractfile(f"package/{file.inside}")
                assert packed is not None, f"{file.inside} is a file"
                written = file.change(packed.read().decode()).encode()
                (folder / Path(file.inside).name).write_bytes(written)
    if not (folder / "LICENCE.txt").exists():
        raise SystemExit(f"put the licence's text into {folder}/LICENCE.txt, then run this again")
    for path in sorted(folder.iterdir()):
        change = next((file.change for file in package.files if Path(file.inside).name == path.name), as_it_is)
        lines += [
            "",
            "[[package.file]]",
            f'path = "{folder.name}/{path.name}"',
            f"changed = {str(change is not as_it_is).lower()}",
            f'sha256 = "{_hash(path.read_bytes())}"',
        ]
    return "\n".join(lines)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    head = "# Written by tools/vendor.py. `changed`: the typeface and the arms were taken out."
    (VENDOR / "VENDOR.toml").write_text("\n\n".join([head, *map(fetched, PACKAGES)]) + "\n")
    sys.stdout.write("Delete the folders of the versions before, and change their names in the templates.\n")
