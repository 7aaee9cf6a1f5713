"""List the nets of the zoo: cost, shipped weights and, on request, layers and latency."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from model_zoo.figures import list_entries
from submission_builder.base.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_zoo.card import Card
    from model_zoo.figures import ZooEntry
    from model_zoo.summary import Layer
    from submission_builder.base.progress import Progress

SCHEMA = 2
"""Version of :meth:`ModelList.to_dict`."""

_BATCHES = (1, 64)
"""Batch sizes of the latency measurement."""


@dataclass(frozen=True)
class ShippedWeights:
    """Weights that are part of subpack, and their score on data that they were not trained on."""

    tag: str
    challenge: int
    nrmse: float | None  # None if it is not defined
    interval: tuple[float, float] | None  # 95 %, over subjects
    split: Literal["test", "validation"]  # of the score; the validation split selected the epoch
    release: str | None  # test release; None for the validation split
    simulated: bool  # whether the score is one on simulated data


@dataclass(frozen=True)
class ModelInfo:
    """One net of the zoo."""

    name: str
    challenges: tuple[int, ...]
    parameters: int  # trainable
    multiply_adds: int  # per window, in convolutions and matrix products
    receptive_field: int | None  # samples, of the last feature map over time; None for the whole window
    source: str  # publication
    needs: str | None  # why the server's published packages cannot run the net; None if they can
    shipped: tuple[ShippedWeights, ...]
    layers: tuple[Layer, ...] | None = None  # in the order of their calls; None if no name was given
    latency_ms: Mapping[int, float] | None = None  # per call on this machine, by batch size; None if not measured

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the shipped weights."""
        return tuple(weights.tag for weights in self.shipped)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; the key ``layers`` is present only if the layers were traced."""
        content = {
            "name": self.name,
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            "receptive_field": self.receptive_field,
            "latency_ms": {str(batch): ms for batch, ms in self.latency_ms.items()} if self.latency_ms else None,
            "challenges": list(self.challenges),
            "tags": list(self.tags),
            "shipped": [
                asdict(weights) | {"interval": weights.interval and list(weights.interval)} for weights in self.shipped
            ],
            "runs_on_server": self.needs is None,
            "needs": self.needs,
            "source": self.source,
        }
        return content if self.layers is None else content | {"layers": [_layer(layer) for layer in self.layers]}


@dataclass(frozen=True)
class ModelList:
    """Nets of the zoo."""

    models: tuple[ModelInfo, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the list as ``subpack models --json`` prints it."""
        return {
            "schema": SCHEMA,
            "models": [model.to_dict() for model in self.models],
            "subpack": version("subpack"),
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.notebook import html  # noqa: PLC0415 - only a notebook needs it
        from submission_builder.report.zoo import show_models  # noqa: PLC0415

        return html(partial(show_models, self))


def models(
    name: str | None = None, *, challenge: int | None = None, measure: bool = False, progress: Progress = silent
) -> ModelList:
    """List the nets of the zoo.

    Parameters
    ----------
    name
        Registered name; None lists all nets. With a name, the result includes the layers.
    challenge
        1 or 2, to list only the nets for this challenge.
    measure
        Whether to measure the latency of each net on this machine's CPU, for 1 and for 64 windows.
    progress
        Callback for the progress of the measurement.

    Returns
    -------
    ModelList
        A net that serves both challenges is listed once.

    Raises
    ------
    RecipeError
        If the name is not registered.

    Examples
    --------
    >>> import submission_builder as sb
    >>> [model.name for model in sb.models(challenge=1).models if model.tags]
    ['cnn', 'lightweight_attn']
    >>> model = sb.models("cnn", challenge=2).models[0]
    >>> model.parameters, model.receptive_field, len(model.layers)
    (64001, 23, 20)
    """
    entries = list_entries(name, challenge)
    listed = []
    for done, entry in enumerate(entries):
        if measure:
            progress("nets measured", done, len(entries))
        listed.append(_describe(entry, trace=name is not None, measure=measure))
    return ModelList(tuple(listed))


def _describe(entry: ZooEntry, *, trace: bool, measure: bool) -> ModelInfo:
    layers = latency_ms = None
    if trace or measure:
        from model_zoo.measuring import latency_ms as measured  # noqa: PLC0415 - the plain list does not need torch
        from model_zoo.summary import layers as traced  # noqa: PLC0415

        net = entry.build()
        layers = tuple(traced(net)) if trace else None
        latency_ms = {batch: measured(net, batch) for batch in _BATCHES} if measure else None
    return ModelInfo(
        name=entry.architecture.name,
        challenges=entry.challenges,
        parameters=entry.figures.parameters,
        multiply_adds=entry.figures.multiply_adds,
        receptive_field=entry.figures.receptive_field,
        source=entry.architecture.source,
        needs=entry.needs,
        shipped=tuple(map(_shipped, entry.cards)),
        layers=layers,
        latency_ms=latency_ms,
    )


def _shipped(card: Card) -> ShippedWeights:
    """Take the score on the test release, or that on the validation split if there is no test release."""
    test = card.scores.get("test")
    score = test or card.scores["val"]
    return ShippedWeights(
        tag=card.tag,
        challenge=card.challenge,
        nrmse=score["nrmse"],
        interval=tuple(score["interval"]) if score["interval"] else None,
        split="test" if test else "validation",
        release=test["data"]["release"] if test else None,
        simulated=test["data"]["simulated"] if test else any(data["simulated"] for data in card.data),
    )


def _layer(layer: Layer) -> dict[str, Any]:
    return {"name": layer.name, "kind": layer.kind, "shape": list(layer.shape), "parameters": layer.n_parameters}
