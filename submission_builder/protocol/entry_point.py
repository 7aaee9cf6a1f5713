"""The interface between the server and a submission: the class, its getters and the call that predicts.

References
----------
``submission.py`` and ``local_scoring.py`` of the start kit, https://github.com/eeg2025/startkit (2025-10-11).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EntryPoint:
    """The entry class of ``submission.py`` and the calls that the server makes.

    Arguments are given by name: ``sfreq`` (Hz), ``device`` (a ``torch.device``) and ``meta`` (a dict with the keys
    ``challenge``, ``sfreq``, ``n_chans`` and ``n_times``).
    """

    class_name: str
    """Name of the class that the server imports."""
    constructor_arguments: tuple[str, ...]
    """Positional arguments of the constructor."""
    getter: str
    """Method that returns a model; ``{challenge}`` stands for the number of the challenge."""
    getter_arguments: tuple[str, ...]
    """Positional arguments of that method."""
    predict_method: str
    """Method of the model that takes windows ``(batch, n_chans, n_times)`` in volts."""
    calls_eval: bool
    """Whether the server calls the model's ``eval`` before the first window."""

    @property
    def getters(self) -> tuple[str, str]:
        """Names of the methods that return the models of challenges 1 and 2."""
        return self.getter.format(challenge=1), self.getter.format(challenge=2)


SUBMISSION = EntryPoint(
    class_name="Submission",
    constructor_arguments=("sfreq", "device"),
    getter="get_model_challenge_{challenge}",
    getter_arguments=(),
    predict_method="forward",
    calls_eval=True,
)
"""The interface of the challenge of 2025."""
