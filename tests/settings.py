"""The least configuration that is one: a Pexip, a database, one establishment."""

from __future__ import annotations


def least(**changes: object) -> dict[str, object]:
    """As it stands in a file, with these sections instead."""
    return {
        "pexip": {
            "management": "https://pexip.example.org",
            "nodes": ["https://node.example.org"],
            "password": "unused",
            "domain": "meet.example.org",
            "web_join": "https://join.example.org/{alias}",
        },
        "store": {"path": "vmrd.db", "key": "0123456789abcdef" * 4},
        "establishments": [{"code": "MDI", "name": "HMP Example"}],
        **changes,
    }


def least_pexip(**changes: object) -> dict[str, object]:
    """Its Pexip, with these settings instead."""
    pexip = least()["pexip"]
    assert isinstance(pexip, dict)
    return {**pexip, **changes}
