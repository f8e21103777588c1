"""`vmrd check-config`: is the configuration right, and is the world as it says? Asked, never changed.

*Gatherers* (`seen_…`) look: at files, at the database read-only, at the Management Node and the nodes with GET alone.
*Judges* (`judge_…`) are pure: what was seen becomes lines, each with a verdict, what was found and, where it is not
right, what to do. `survey` puts them together. So every line can be had in a test without a platform that is wrong.

Nothing that is printed holds a secret, a PIN, a person's name or number, or an address of a meeting or a room.
"""
