"""GOV.UK's own components (buttons, fields, tags, error summaries) as macros our templates call.

The macros read parameters nobody gave as empty; our templates fail on them. So each has an environment of its own, and
what passes between them is text or `Markup`, which both escape alike.

They are general and therefore slow. What a screen has dozens of (buttons, and the questions of an ID check for each
person) is written out in our own `macros.html` with the same classes. Each is compiled when a screen first has it:
all of them together would be a seventh of a daemon's start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader

_USED = {
    "govukButton": "button",
    "govukGenericHeader": "generic-header",
    "govukInput": "input",
    "govukPhaseBanner": "phase-banner",
    "govukSelect": "select",
    "govukSkipLink": "skip-link",
    "govukSummaryList": "summary-list",
    "govukTag": "tag",
    "govukTextarea": "textarea",
}


def components() -> dict[str, Callable[..., object]]:
    """The macros, by their names in the design system."""
    vendor = "govuk_frontend_jinja"
    environment = Environment(
        loader=PrefixLoader({vendor: PackageLoader(vendor)}),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

    def called(macro: str, *given: object, **named: object) -> object:
        template = environment.get_template(f"{vendor}/components/{_USED[macro]}/macro.html")
        return getattr(template.module, macro)(*given, **named)

    return {macro: partial(called, macro) for macro in _USED}
