"""`python -m tests.corpus`: the accuracy table, and every history that is answered differently than it must be."""

from __future__ import annotations

import sys

from tests.corpus.histories import participants, paths
from tests.corpus.judge import judge, let_in, put_out, table

if __name__ == "__main__":
    results = judge(participants(), paths())
    print(table(results))
    print(f"\n{len(participants())} participants, each as told by the client API and by status and event sinks")
    wrong = [result for result in results if not result.right]
    for result in wrong:
        did, must = " ".join(result.did), " ".join(result.who.must)
        print(f"{result.who.id} ({result.surface}): {result.kind}, {did}; must {must}")
    sys.exit(bool(wrong or let_in(results) or put_out(results)))
