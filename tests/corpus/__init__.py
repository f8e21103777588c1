"""Labelled participants, each as its whole connecting history, and how well vmrd tells them apart.

The `.toml` files hold who they are (`paths.toml`: how their states follow each other) and, for every state, what must
be done; they were written before the classifier they judge. `python -m tests.corpus` prints the accuracy table.

| must   | means                                                                     |
|--------|---------------------------------------------------------------------------|
| wait   | nothing may be decided yet: a later state may still change the class      |
| person | settled as somebody, or some room, the officer looks at; never put out    |
| ask    | unsure: the officer decides                                               |
| out    | put out at once                                                           |
| ours   | our own control leg                                                       |
"""
