"""Side-by-side measurements: what we do against a reference in the same run, as ratios with CPU per operation."""
