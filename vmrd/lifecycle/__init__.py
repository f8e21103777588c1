"""The pure core: what a session is, what may happen to it, and what follows. Standard library only, no I/O.

`decide(session, input, now, rules)` answers with facts and commands, or a refusal in words an officer understands.
`evolve(session, fact)` is the only way a session changes. Time, ids, aliases and tags come in as arguments.

Order of reading: `session` (the words), `inputs`, `facts`, `commands`, `rules`, then `decide` and `settle`.
"""
