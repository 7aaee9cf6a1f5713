"""Figures of every net (parameters, multiply-adds, receptive field) and the cards of its shipped weights.

Everything is read from files, so listing the zoo builds no net and does not import torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model_zoo.card import Card, read_card
from model_zoo.registry import ARCHITECTURES, Architecture, architectures_named
from model_zoo.shipped import weights_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

FIGURES = Path(__file__).with_suffix(".json")
"""The figures that ``model_zoo.measuring`` measures; ``tests/model_zoo/make_figures.py`` writes the file."""


@dataclass(frozen=True)
class Figures:
    """Computational cost of a net. It depends neither on the weights nor on the machine."""

    parameters: int  # trainable
    multiply_adds: int  # per window, in convolutions and matrix products
    receptive_field: int | None  # samples, of the last feature map over time; None for the whole window


@dataclass(frozen=True)
class ZooEntry:
    """One net of the zoo, with the challenges that it serves."""

    architecture: Architecture  # registry entry of the first challenge
    challenges: tuple[int, ...]  # sorted
    figures: Figures
    cards: tuple[Card, ...]  # of its shipped weights, sorted by tag

    @property
    def needs(self) -> str | None:
        """Why the net needs more than torch; None if torch is sufficient."""
        return self.architecture.exempt.get("torch alone")

    def build(self) -> nn.Module:
        """Build the net with freshly initialised weights; a constant predicts 0."""
        value = self.architecture.value
        return self.architecture.build({value: 0.0} if value else {})


def list_entries(name: str | None = None, challenge: int | None = None) -> list[ZooEntry]:
    """List the nets of the zoo; a net that serves both challenges is one entry.

    Parameters
    ----------
    name
        Registered name; None lists all.
    challenge
        1 or 2; None lists both.

    Raises
    ------
    RecipeError
        If the name is not registered.
    """
    figures = read_figures()
    listed = ARCHITECTURES if name is None else architectures_named(name)
    groups = grouped(architecture for architecture in listed if challenge in {None, architecture.challenge})
    return [
        ZooEntry(
            architecture=group[0],
            challenges=tuple(architecture.challenge for architecture in group),
            figures=figures[key_of(group[0])],
            cards=_shipped_cards(group),
        )
        for group in groups
    ]


def grouped(architectures: Iterable[Architecture]) -> list[list[Architecture]]:
    """Group the architectures that build the same net under the same name."""
    groups: dict[str, list[Architecture]] = {}
    for architecture in architectures:
        groups.setdefault(key_of(architecture), []).append(architecture)
    return list(groups.values())


def key_of(architecture: Architecture) -> str:
    """Return the key of an architecture's figures: its name, its class and its fixed arguments."""
    fixed = (f"{key}={value}" for key, value in architecture.kwargs.items())
    return " ".join([architecture.name, architecture.class_name, *fixed])


def read_figures() -> dict[str, Figures]:
    """Read the figures of every net, by :func:`key_of` its architecture."""
    return {key: Figures(**figures) for key, figures in json.loads(FIGURES.read_text(encoding="utf-8")).items()}


def _shipped_cards(group: list[Architecture]) -> tuple[Card, ...]:
    challenges = {architecture.challenge for architecture in group}
    cards = map(read_card, sorted(weights_folder().glob(f"{group[0].name}.*.json")))
    return tuple(card for card in cards if card.challenge in challenges)
