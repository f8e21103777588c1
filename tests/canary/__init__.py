"""Canaries: marked names, numbers, texts and secrets sent through every path, and looked for wherever anything leaves.

A real daemon at its most talkative log level, a mock Pexip that repeats in its refusals all it was sent, a booking
system, a mail server and a sign-in service that do the same. `canaries` says what is planted and, place by place, where
it may be; `run` sends it, breaks things on the way, kills the daemon twice, and keeps all that came out; `sabotage` is
the daemon with faults that are ordered from outside, whose exceptions have a canary in their text.
"""
