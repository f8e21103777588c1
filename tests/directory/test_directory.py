"""The directory: the published contact table read as people mean it, and the file made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from vmrd.cli import app
from vmrd.directory import entries
from vmrd.directory.contacts import Channel, Contact, Hours, Party, ranked
from vmrd.directory.entries import Directory, DirectoryError, Kind, load
from vmrd.directory.published import Published, cell, rows

TABLE = Path(__file__).parent / "published.csv"
FILE = Path(__file__).parents[2] / "config" / "establishments.toml"
VCC_SITES = "Altcourse Belmarsh Berwyn Birmingham Bronzefield Exeter Hewell Norwich Nottingham Preston Thameside"


def phone(number: str, **more: object) -> Contact:
    return Contact(Channel.TELEPHONE, number, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def table() -> dict[str, Published]:
    return {row.code: row for row in rows(TABLE.read_text(encoding="utf-8").splitlines())}


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load(FILE)


def test_all_102_establishments_stand_in_the_file_as_they_were_published(
    table: dict[str, Published], directory: Directory
) -> None:
    assert len(table) == len(directory.establishment) == 102
    for entry in directory.establishment:
        row = table[entry.code]
        assert (entry.name, entry.category, entry.vcc) == (row.name, row.category, row.vcc)
        assert tuple(each.contact() for each in entry.contacts) == row.contacts
        assert set(entry.remarks) == set(row.remarks)


def test_what_is_written_reads_back_the_same(directory: Directory, tmp_path: Path) -> None:
    copy = tmp_path / "establishments.toml"
    copy.write_text("\n".join(entries.written(entry) for entry in directory.establishment), encoding="utf-8")
    assert load(copy).establishment == directory.establishment


def test_the_eleven_sites_with_a_video_conferencing_centre_are_marked(directory: Directory) -> None:
    assert " ".join(sorted(entry.name for entry in directory.establishment if entry.vcc)) == VCC_SITES


def test_who_runs_an_establishment_is_known_for_both_public_and_private_ones(directory: Directory) -> None:
    operators = {entry.name: entry.operator for entry in directory.establishment}
    assert {"G4S", "MTC", "Serco", "Sodexo"} == set(operators.values()) - {""}
    assert (operators["Altcourse"], operators["Belmarsh"]) == ("G4S", "")


def test_high_security_follows_the_category_and_young_offenders_and_training_centres_are_known(
    directory: Directory,
) -> None:
    kinds = {entry.name: entry.kinds for entry in directory.establishment}
    assert Kind.HIGH_SECURITY in kinds["Belmarsh"]
    assert Kind.HIGH_SECURITY not in kinds["Altcourse"]
    assert kinds["Wetherby"] == (Kind.YOUNG_OFFENDERS,)
    assert kinds["Oakhill"] == (Kind.SECURE_TRAINING_CENTRE,)


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("", ()),
        ("N/A", ()),
        ("01234 373179", (phone("01234 373179"),)),
        ("01483344467", (phone("01483344467"),)),
        ("029 2092 3155", (phone("029 2092 3155"),)),
        ("01904 772048 01904 772035", (phone("01904 772048"), phone("01904 772035"))),
        ("01245 552 064 / 01245 552 066", (phone("01245 552 064"), phone("01245 552 066"))),
        (
            "01630 636059 / 636158 / 636270",
            (phone("01630 636059"), phone("01630 636158"), phone("01630 636270")),
        ),
        (
            "AM: 01296 442626 / 442635 PM: 01296 442619 / 442688",
            (
                phone("01296 442626", hours=Hours.MORNING),
                phone("01296 442635", hours=Hours.MORNING),
                phone("01296 442619", hours=Hours.AFTERNOON),
                phone("01296 442688", hours=Hours.AFTERNOON),
            ),
        ),
        ("01784 425690 ext 3315", (phone("01784 425690", extension="3315"),)),
        (
            "http://www.example.org/legal-visits.html",
            (Contact(Channel.WEB, "http://www.example.org/legal-visits.html"),),
        ),
        (
            "Legal/Probation – a@example.org Courts – b@example.org or c@example.org",
            (
                Contact(Channel.EMAIL, "a@example.org", (Party.LEGAL, Party.PROBATION)),
                Contact(Channel.EMAIL, "b@example.org", (Party.COURT,)),
                Contact(Channel.EMAIL, "c@example.org", (Party.COURT,)),
            ),
        ),
    ],
)
def test_a_cell_of_the_table_is_read_as_it_was_meant(printed: str, meant: tuple[Contact, ...]) -> None:
    read = cell(printed)
    assert (read.contacts, read.remarks) == (meant, ())


@pytest.mark.parametrize(
    ("code", "remark"),
    [
        ("STC3", "to be confirmed"),
        ("STC3", "no way to reach"),
        ("ASI", "no way to reach"),
        ("SHI", "stray ','"),
        ("WSI", "column of telephone numbers"),
        ("DGI", "cjism.net"),
        ("BWI", "hmps.gsi.gov.uk"),
    ],
)
def test_what_is_odd_is_said_and_nothing_is_mended(table: dict[str, Published], code: str, remark: str) -> None:
    assert any(remark in said for said in table[code].remarks)


def test_a_doubtful_address_is_kept_as_printed(table: dict[str, Published]) -> None:
    assert table["DGI"].contacts[0].value == "custody.dovegate@serco.cjism.net"


def test_a_desk_is_reached_by_email_before_telephone_before_its_page(table: dict[str, Published]) -> None:
    assert [each.channel for each in ranked(reversed(table["EXI"].contacts))] == [Channel.EMAIL, Channel.TELEPHONE]


def test_every_fault_of_the_file_is_named_at_once(tmp_path: Path) -> None:
    broken = tmp_path / "establishments.toml"
    broken.write_text(
        '[[establishment]]\ncode = "exi"\nname = "Exeter"\ncontacts = [{ email = "a@b.org", web = "https://a" }]\n'
        '[[establishment]]\ncode = "MDI"\nname = "Moorland"\nphone = "1"\ncontacts = [{ web = "x" }]\n'
    )
    with pytest.raises(DirectoryError) as refused:
        load(broken)
    said = str(refused.value)
    assert [part in said for part in ("0.code", "exactly one of email", "1.phone", "1.contacts.0.web")] == [True] * 4


def test_a_code_listed_twice_is_refused(tmp_path: Path) -> None:
    twice = tmp_path / "establishments.toml"
    twice.write_text('[[establishment]]\ncode = "EXI"\nname = "Exeter"\n' * 2)
    with pytest.raises(DirectoryError, match="listed twice: EXI"):
        load(twice)


def test_import_prints_entries_and_names_what_is_odd() -> None:
    done = CliRunner().invoke(app, ["directory", "import", str(TABLE)])
    assert done.exit_code == 0
    assert done.stdout.count("[[establishment]]") == 102
    assert "SHI Stoke Heath: a stray ',' was left out" in done.stderr


def test_import_of_another_table_says_which_columns_are_missing(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("code,name\nEXI,Exeter\n")
    done = CliRunner().invoke(app, ["directory", "import", str(other)])
    assert done.exit_code == 1
    assert "no column contact_email, other_contact, category, vcc_site_2020" in done.stderr
