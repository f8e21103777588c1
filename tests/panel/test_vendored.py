"""What is vendored is what VENDOR.toml says, carries its licence, and nothing of it is GOV.UK's brand."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from vmrd.web.panel.assets import STATIC

VENDOR = STATIC / "vendor"
LISTED = tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["package"]
BRAND = re.compile(r"@font-face|GDS|Transport|crown|crest|royal|(?<!new )url\((?!data:)", re.IGNORECASE)
OURS = sorted(path for path in STATIC.rglob("*") if path.suffix in (".css", ".js", ".svg"))


def test_every_vendored_file_is_listed_and_unchanged() -> None:
    listed = {file["path"]: file["sha256"] for package in LISTED for file in package["file"]}
    there = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDOR.toml"
    }
    assert there == listed


def test_every_package_has_its_licence_beside_it() -> None:
    for package in LISTED:
        text = (VENDOR / f"{package['name']}-{package['version']}" / "LICENCE.txt").read_text("utf-8")
        assert package["licence"] in ("MIT", "0BSD")
        assert "Permission" in text
        assert package["source"].startswith("https://github.com/")


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_neither_the_typeface_nor_the_arms_of_gov_uk_are_anywhere(path: Path) -> None:
    assert BRAND.findall(path.read_text("utf-8")) == []
