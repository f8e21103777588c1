"""The lease and outbox protocol explored: two daemons, one session, three commands, in every order things can happen.

    python -m tests.explorer --depth 9

The steps are the store's own functions on the store's own tables (SQLite, in memory); what is modelled is only who does
what when, and what each daemon has in its head. States reached by different orders are looked at once, and the orders
that lead to them are counted.
"""
