"""The wheel holds all that vmrd needs to run, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from typer.testing import CliRunner

from vmrd.cli import app

ROOT = Path(__file__).parents[2]
PACKAGES = ("vmrd", "pexip_mock")


@pytest.fixture(scope="module")
def packed() -> set[str]:
    return {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}


def test_every_file_of_the_packages_is_in_it_and_no_other(packed: set[str]) -> None:
    tree = {
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert packed == tree


@pytest.mark.parametrize(
    "needed",
    [
        "vmrd/store/schema/0001_initial.sql",
        "vmrd/web/panel/templates/layout.html",
        "vmrd/web/panel/static/panel.css",
        "vmrd/web/panel/static/vendor/VENDOR.toml",
        "vmrd/web/panel/locale/cy.po",
        "vmrd/mail/letter.html",
        "vmrd/demo/consultation.toml",
        "vmrd/py.typed",
        "pexip_mock/page/index.html",
    ],
)
def test_what_is_no_python_is_in_it_too(packed: set[str], needed: str) -> None:
    assert needed in packed


def test_the_command_says_which_release_it_is() -> None:
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.output.split()[0]) == (0, "vmrd")
