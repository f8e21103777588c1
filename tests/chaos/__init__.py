"""The fault campaign: histories of sessions over the real shells, disturbed in every way a seed can draw.

    python -m tests.chaos --seed N

tells one history again; `make chaos SECONDS=600` tells as many as fit, and prints the seeds of those that broke.
"""
