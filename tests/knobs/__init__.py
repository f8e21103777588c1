"""Every doubt about the platform, answered the other way, and vmrd held to the same outcome.

    python -m tests.knobs

`flips` is the table of what is turned and what is expected then; a fixed slice of it is in `test_knobs.py`.
"""
