"""A cancellation that a task group forgot.

Before Python 3.13 a group that fails while its task is being cancelled raises the failure alone. Whoever catches that
and goes on would go on for ever: a watch nobody can end, a daemon that does not stop when it is told to. So whoever
goes on after a group's failure asks here first.
"""

from __future__ import annotations

import asyncio


def heed() -> None:
    """Raises `CancelledError` where the running task was cancelled, whatever was raised since."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
