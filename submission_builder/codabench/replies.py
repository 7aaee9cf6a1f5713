"""What the server may reply: every field that is used, with its bounds. Other fields are ignored."""

from __future__ import annotations

import math
from datetime import datetime  # noqa: TC003 - pydantic reads the annotation
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from submission_builder.base.errors import CodabenchError

Status = Literal[
    "None", "Submitting", "Submitted", "Preparing", "Running", "Scoring", "Finished", "Failed", "Cancelled"
]
ENDED: tuple[Status, ...] = ("Finished", "Failed", "Cancelled")
"""Statuses that do not change any more."""

_MOST = 1000
_Id = Annotated[int, Field(ge=1, lt=1 << 63)]
_Count = Annotated[int, Field(ge=0, lt=1 << 31)]
_Text = Annotated[str, Field(max_length=20_000)]


def _is_web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("an address of the web is expected")
    return value


def _is_number(value: str) -> str:
    if not math.isfinite(float(value)):
        raise ValueError("a finite number is expected")
    return value


_Address = Annotated[str, Field(max_length=10_000), AfterValidator(_is_web_address)]
_Score = Annotated[
    str, Field(max_length=50, pattern=r"^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$"), AfterValidator(_is_number)
]


class Reply(BaseModel):
    """A reply; an error message does not quote it, because it can hold a signed address."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, coerce_numbers_to_str=True)


class Phase(Reply):
    """A phase of a competition."""

    id: _Id
    name: Annotated[str, Field(max_length=500)]
    start: datetime
    end: datetime | None = None
    """None for a phase without an end."""
    has_max_submissions: bool = False
    max_submissions_per_day: _Count | None = None
    max_submissions_per_person: _Count | None = None


class Competition(Reply):
    """A competition."""

    id: _Id
    title: Annotated[str, Field(max_length=500)]
    phases: Annotated[tuple[Phase, ...], Field(max_length=_MOST)]


class Permission(Reply):
    """Whether the server accepts a submission now; it says so after the end of a phase, too."""

    can: bool
    reason: _Text | None = None


class NewDataset(Reply):
    """A place for the bytes of a zip."""

    key: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,100}$")]
    sassy_url: _Address = Field(repr=False)
    """Signed address of the upload; it is secret."""


class Score(Reply):
    """One score, as the server writes it: with ten decimals."""

    column_key: Annotated[str, Field(max_length=200)]
    score: _Score


class Submission(Reply):
    """A submission and its state."""

    id: _Id
    status: Status
    status_details: _Text | None = None
    scores: Annotated[tuple[Score, ...], Field(max_length=_MOST)] = ()

    @property
    def ended(self) -> bool:
        """Whether the status cannot change any more."""
        return self.status in ENDED

    @property
    def score_table(self) -> dict[str, str]:
        """Scores with all decimals, by column."""
        return {one.column_key: one.score for one in self.scores}


class Log(Reply):
    """One log of a run."""

    name: Annotated[str, Field(pattern=r"^[\w.-]{1,100}$")]
    data_file: _Address | None = Field(default=None, repr=False)
    """Signed address; None if the organisers hide the log."""


class Details(Reply):
    """Addresses of the logs; the organisers can hide all of them or some."""

    logs: Annotated[tuple[Log, ...], Field(max_length=_MOST)] = ()


R = TypeVar("R", bound=Reply)


def parsed(kind: type[R], content: Any, call: str) -> R:
    """Validate a reply.

    Raises
    ------
    CodabenchError
        If a field is missing, or its value is out of its bounds.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'reply'}: {one['msg']}" for one in error.errors()[:5])
        raise CodabenchError(f"the reply to {call} is not what Codabench sends: {faults}") from None
