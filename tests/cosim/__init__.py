"""The pure core and the pure world, coupled without processes, and held to what must be true of the world.

    python -m tests.cosim --histories 5000 --seed 1

`README.md` beside this file says what is simulated, what is held, and what was learnt of the platform's limits.
"""
