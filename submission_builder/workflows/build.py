"""Build a zip that has proven itself: the one place where freeze and harness meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.base.errors import BuildError, SubmissionError
from submission_builder.freeze.builder import Built, build
from submission_builder.harness.package import open_package
from submission_builder.harness.session import open_session
from submission_builder.protocol.golden import golden_windows, predictions_match

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from submission_builder.freeze.member import Blend


def build_proven(recipe: Mapping[int, Blend], path: Path, *, force: bool = False, half: bool = False) -> Built:
    """Write the submission zip of a recipe, and keep it only if it predictions elsewhere as its nets do here.

    Parameters
    ----------
    recipe
        What predictions each challenge, by its number.
    path
        Where to write.
    force
        Replace a file that is there.
    half
        Whether weights are stored in half precision.

    Raises
    ------
    RecipeError
        If the recipe cannot be frozen.
    OutputError
        If the file is there and `force` is not given, or cannot be written.
    BuildError
        If the written zip does not prediction, or predictions otherwise; no zip is left then.
    """
    return build(recipe, path, force=force, half=half, prove=prove)


def prove(path: Path, golden: Mapping[int, list[float]]) -> None:
    """Unpack a zip where our packages cannot be imported, and ask it the golden question.

    Parameters
    ----------
    path
        The zip.
    golden
        What it should prediction, by challenge.

    Raises
    ------
    BuildError
        If it does not.
    """
    with open_session(open_package(path)) as session:
        for challenge, expected in golden.items():
            try:
                session.load(challenge)
                predictions = session.predict(golden_windows()).values.tolist()
            except SubmissionError as error:
                raise BuildError(f"no zip was written, as it would not run: {error}", hint=error.hint) from error
            for there, here in zip(predictions, expected, strict=True):
                if not predictions_match(there, here):
                    raise BuildError(
                        f"no zip was written: unpacked elsewhere, challenge {challenge} predictions {there:.8g} to a "
                        f"golden window, where its nets prediction {here:.8g} here"
                    )
