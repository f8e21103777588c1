"""Where sessions, facts, commands and secrets are kept. The port is `base`; `sqlite` is the store of one machine.

Order of reading: `base` (what is promised), `codec` (text of a record), `chain` (why the journal cannot be forgotten),
`tx` and `outbox` (one step), `writer` (how steps share a commit), `sqlite` (opening and closing).
"""
