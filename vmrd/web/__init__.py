"""vmrd over HTTP: bookings in, officers' presses in, views out.

Order of reading: `view_shapes` and `view` (what a session looks like from outside), `contract` (one entry per call;
validation and the OpenAPI document both come from it), `caller` and `middleware` (who calls, and what every answer has
in common), `bookings`, `sessions`, `live`, `sink`, and `routes`, which puts them together.
"""
