"""What every net of the zoo costs and what its shipped weights score, without building one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model_zoo.card import Card, read_card
from model_zoo.registry import ARCHITECTURES, Architecture, rows_of
from model_zoo.shipped import weights_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

FIGURES = Path(__file__).with_suffix(".json")
"""Figures of every net, as ``model_zoo.measuring`` took them; ``tests/model_zoo/make_figures.py`` writes it."""


@dataclass(frozen=True)
class Figures:
    """What a net costs, whatever its weights and the machine.

    Attributes
    ----------
    parameters
        Trainable numbers.
    multiply_adds
        For one window, in convolutions and matrix products.
    receptive_field
        Samples that one step of its last feature map over time depends on, behind the normalisation; None
        where that is the whole window.
    """

    parameters: int
    multiply_adds: int
    receptive_field: int | None


@dataclass(frozen=True)
class ZooEntry:
    """One net of the zoo, for the challenges that it is made for.

    Attributes
    ----------
    architecture
        Its row in the registry; where there are several, the first.
    challenges
        Numbers of the challenges, sorted.
    figures
        What it costs.
    cards
        Of shipped weights, by tag.
    """

    architecture: Architecture
    challenges: tuple[int, ...]
    figures: Figures
    cards: tuple[Card, ...]

    @property
    def needs(self) -> str | None:
        """Why it needs more than torch, as the registry says; None where torch is enough."""
        return self.architecture.exempt.get("torch alone")

    def build(self) -> nn.Module:
        """Make the net with fresh weights; one that stands for a value predictions 0."""
        value = self.architecture.value
        return self.architecture.build({value: 0.0} if value else {})


def entries(name: str | None = None, challenge: int | None = None) -> list[ZooEntry]:
    """List what the zoo holds; a net that serves both challenges is one entry.

    Parameters
    ----------
    name
        Registered name; None for all.
    challenge
        1 or 2; None for both.

    Raises
    ------
    RecipeError
        If there is no architecture of that name.
    """
    known = read_figures()
    rows = ARCHITECTURES if name is None else rows_of(name)
    return [
        ZooEntry(alike[0], tuple(row.challenge for row in alike), known[key_of(alike[0])], _cards(alike))
        for alike in grouped(row for row in rows if challenge in {None, row.challenge})
    ]


def grouped(rows: Iterable[Architecture]) -> list[list[Architecture]]:
    """Put rows together that build the same net under the same name."""
    groups: dict[str, list[Architecture]] = {}
    for row in rows:
        groups.setdefault(key_of(row), []).append(row)
    return list(groups.values())


def key_of(row: Architecture) -> str:
    """Say what a row builds: its name, its class and what it fixes."""
    return " ".join([row.name, row.class_name, *(f"{key}={value}" for key, value in row.kwargs.items())])


def read_figures() -> dict[str, Figures]:
    """Read the figures of every net, by what a row builds."""
    return {key: Figures(**figures) for key, figures in json.loads(FIGURES.read_text(encoding="utf-8")).items()}


def _cards(alike: list[Architecture]) -> tuple[Card, ...]:
    challenges = {row.challenge for row in alike}
    cards = map(read_card, sorted(weights_folder().glob(f"{alike[0].name}.*.json")))
    return tuple(card for card in cards if card.challenge in challenges)
