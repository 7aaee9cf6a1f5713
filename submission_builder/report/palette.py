"""The colours of the pages, in a light and a dark scheme. Text in every colour has contrast AA on its background."""

from __future__ import annotations

PALETTE: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#11161f"),
    "raised": ("#f4f6f9", "#1a212d"),
    "ink": ("#1c2430", "#e6eaf0"),
    "soft": ("#525d6c", "#aab4c2"),
    "edge": ("#9aa5b4", "#5d6a7c"),
    "line": ("#e3e7ec", "#2b3442"),
    "model": ("#1f5fbf", "#7fb2ff"),
    "target": ("#b4490f", "#ffb169"),
    "baseline": ("#616b78", "#a3aebc"),
    "bound": ("#0a7355", "#4fd1a1"),
    "mend": ("#9a5b00", "#f5c04e"),
    "mend-paper": ("#fdf5e3", "#2d2512"),
    "good": ("#0a7355", "#4fd1a1"),
    "good-paper": ("#e8f6f0", "#10291f"),
}
"""Name of each colour, as a CSS variable without dashes, with its value in the light and in the dark scheme."""

LIGHT = {name: light for name, (light, _) in PALETTE.items()}
"""Colours as matplotlib takes them; :func:`submission_builder.report.svg.themed_svg` makes CSS variables of them."""
