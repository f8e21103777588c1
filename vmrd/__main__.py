"""`python -m vmrd`."""

from vmrd.cli import main

main()
