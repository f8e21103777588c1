"""How asking Pexip can go wrong, told apart by what the caller should do next.

| error         | means                                             | do next                                     |
|---------------|---------------------------------------------------|---------------------------------------------|
| `Gone`        | the conference or leg is not there (any more)     | what was to vanish has vanished; else drop  |
| `Rejected`    | Pexip refuses this request; asking again is vain  | report; `code` says which kind of refusal   |
| `NotOurs`     | a vmr of our name or alias belongs to somebody    | report; touch nothing                       |
| `BadToken`    | the control token is dead                         | take a new one                              |
| `NotYet`      | not replicated, or the Host role not yet settled  | ask again a little later                    |
| `Busy`        | over a limit, or in maintenance; nothing was done | wait `retry_after`, or ask another node     |
| `Unreachable` | no answer; `sent` says whether it may have worked | unsent: again. sent: look first, then decide |
| `Malformed`   | an answer that makes no sense                     | treat as blind                              |

No text of Pexip's enters an exception: answers may carry names, numbers, PINs and aliases. They are raised outside the
handler of the error they replace, so that no traceback shows the vendor's text as its cause.
"""

from __future__ import annotations


class PexipError(Exception):
    """Asking Pexip went wrong. The text is made of our own fixed words."""


class Gone(PexipError):
    """The conference, participant or vmr is not there: 400 with "Failed to find", or 404 (facts 1.3)."""

    def __init__(self) -> None:
        super().__init__("pexip: no such conference or leg")


class Rejected(PexipError):
    """Pexip refuses. `code` is one of the short words of `refusals`; `status` the HTTP status, 200 for a plain no."""

    def __init__(self, code: str, status: int = 0) -> None:
        super().__init__(f"pexip: refused, {code} ({status})")
        self.code = code
        self.status = status


class NotOurs(PexipError):
    """The name or alias is held by a vmr that is not this session's; `what` says which part differs."""

    def __init__(self, what: str) -> None:
        super().__init__(f"pexip: a vmr that is not ours, {what}")
        self.what = what


class BadToken(PexipError):
    """403 "Invalid token": expired, released, or our leg was disconnected."""

    def __init__(self) -> None:
        super().__init__("pexip: control token not valid")


class NotYet(PexipError):
    """Not so now, perhaps soon: alias unknown at this node, or "Invalid role" just after the token (facts 2.2)."""

    def __init__(self) -> None:
        super().__init__("pexip: not yet")


class Busy(PexipError):
    """429, 503 or 529: nothing was done. `retry_after` is in seconds, None when Pexip did not say."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("pexip: busy")
        self.retry_after = retry_after


class Unreachable(PexipError):
    """No usable answer. `sent` is False only when the request surely never left us; else the outcome is unknown."""

    def __init__(self, sent: bool) -> None:
        super().__init__("pexip: no answer, outcome unknown" if sent else "pexip: not reachable")
        self.sent = sent


class Malformed(PexipError):
    """An answer or event that makes no sense; `what` is our word for it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"pexip: malformed {what}")
        self.what = what
