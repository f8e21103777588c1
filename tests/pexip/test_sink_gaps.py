"""How many events a sink skipped, by the numbers each node gives them."""

from vmrd.pexip.sink_gaps import SinkGaps


def test_numbers_in_a_row_skip_nothing_also_twice_and_out_of_order() -> None:
    assert SinkGaps().skipped([("a", 7), ("a", 8), ("b", 1), ("a", 8), ("a", 9), ("b", 2), ("a", 7)]) == 0


def test_a_jump_counts_what_lies_between_once() -> None:
    gaps = SinkGaps()
    assert gaps.skipped([("a", 1), ("a", 5)]) == 3
    assert gaps.skipped([("a", 3), ("a", 6)]) == 0


def test_a_sink_that_starts_anew_is_no_jump() -> None:
    gaps = SinkGaps()
    assert gaps.skipped([("a", 4_000), ("a", 1), ("a", 2), ("a", 4)]) == 1


def test_a_bulks_own_envelope_has_no_number() -> None:
    assert SinkGaps().skipped([("127.0.0.1", 0), ("127.0.0.1", 0), ("a", 3)]) == 0


def test_names_without_end_are_not_kept() -> None:
    gaps = SinkGaps()
    assert gaps.skipped((f"node-{n}", 1) for n in range(1_000)) == 0
    assert gaps.skipped([("node-1", 3), ("node-999", 1_000_000)]) == 1
    assert len(gaps._last) < 100
