"""Session control for prison video links (HMPPS meeting rooms on Pexip Infinity)."""
