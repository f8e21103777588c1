"""What people are shown and may do while vmrd is in shadow: they look, and nothing else.

A screen in shadow is for whoever decides about going live, never for officers: it says SHADOW, offers no press and has
no light. Nor is anybody given a link, because no such meeting exists on the platform.
"""

from __future__ import annotations

from vmrd.config import Config
from vmrd.web.problem import Problem
from vmrd.web.view_shapes import SessionView

ONLY_WATCHES = "vmrd is in shadow: it only watches. Do it as you do without vmrd."


def watched_only(view: SessionView) -> SessionView:
    """The view without a light, without a press, and without a meeting one could dial."""
    return view.model_copy(
        update={
            "shadow": True,
            "secure": False,
            "secure_until": None,
            "dark_because": None,
            "allowed": (),
            "knocks": (),  # which would ring
            "participants": tuple(each.model_copy(update={"allowed": ()}) for each in view.participants),
            "vmr": view.vmr.model_copy(update={"dialable": False}),
        }
    )


def refuse_in_shadow(config: Config) -> None:
    """Raises `Problem` while vmrd is in shadow."""
    if config.shadow.enabled:
        raise Problem("refused", ONLY_WATCHES, code="shadow")
