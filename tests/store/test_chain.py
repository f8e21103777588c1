"""The formulas of the journal: what they cover, and that they never change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmrd.store.chain import GENESIS, SealHead, Stretch, coverage, coverage_text, head_seal, link, seal

KEY = bytes(range(32))
FACT = (GENESIS, b"s1", 1, 1_767_268_800_000, b"Locked", b'{"shape":1,"type":"Locked","fields":{"at":7}}')


def test_the_formulas_stay_as_they_are_so_that_every_journal_ever_written_verifies() -> None:
    assert link(*FACT).hex() == "ba9117be0bc84892b8edb1d9be422c0786c4275527593d91d9a2c02da633dc2d"
    assert (
        seal(KEY, GENESIS, 1, b'[["s1","00",1,"00"]]').hex()
        == "e0b8aaf396f14447a9181ad354a9fd6aa58bd32a5985b1bf83b16233fb97bf32"
    )
    assert (
        head_seal(KEY, SealHead(1, 2, GENESIS)).hex()
        == "b9d430337f4c46c05303a428d426734dc824fc2bffc09a9cea7f2dd99e857d59"
    )


@pytest.mark.parametrize(
    "changed",
    [
        (bytes([1]) + GENESIS[1:], *FACT[1:]),
        (GENESIS, b"s2", *FACT[2:]),
        (*FACT[:2], 2, *FACT[3:]),
        (*FACT[:3], FACT[3] + 1, *FACT[4:]),
        (*FACT[:4], b"Unlocked", FACT[5]),
        (*FACT[:5], b"{}"),
    ],
)
def test_every_column_of_a_fact_is_in_its_hash(changed: tuple[bytes, bytes, int, int, bytes, bytes]) -> None:
    assert link(*changed) != link(*FACT)


@given(st.binary(max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_no_byte_can_move_from_one_column_to_the_next(text: bytes, one: int, other: int) -> None:
    same = text[:one] == text[:other]
    assert (
        link(GENESIS, b"s", 1, 1, text[:one], text[one:]) == link(GENESIS, b"s", 1, 1, text[:other], text[other:])
    ) is same


@given(st.dictionaries(st.text(), st.builds(Stretch, st.binary(), st.integers(1), st.binary())))
def test_what_a_seal_covers_can_be_read_back(stretches: dict[str, Stretch]) -> None:
    assert coverage(coverage_text(stretches).encode()) == stretches
