"""Telephones at every moment of a meeting, with external policy and without.

`python -m tests.phones --arrivals 1000 --seed 1` lets so many ring and prints what became of them; `test_phones` is a
fixed slice. The world is the mock's and the core is ours, as in `tests.cosim`, but nothing fails here: what is measured
is how long a phone can be there when everything works, and what everybody is told meanwhile.
"""
