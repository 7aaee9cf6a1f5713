"""The verb ``build``: freeze a recipe into a zip, and reproduce its predictions in a clean process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.atomic import require_free, require_parent_folder
from submission_builder.base.errors import BuildError, RecipeError, SubmissionError
from submission_builder.freeze.builder import Frozen, freeze, write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.recipe_file import RecipeFile, read_model, read_recipe
from submission_builder.freeze.stored_recipe import input_digests, to_json
from submission_builder.harness.package import digests, open_package
from submission_builder.harness.session import open_session
from submission_builder.protocol.golden import golden_windows, predictions_match

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from submission_builder.freeze.spec import ModelSpec

    PathLike = str | os.PathLike[str]
    Paths = PathLike | Sequence[PathLike]

SCHEMA = 1
"""Version of the layout of :meth:`BuiltSubmission.to_dict`."""

OUTPUT = Path("submission.zip")
"""The zip that is written unless the user or the recipe names another."""


@dataclass(frozen=True)
class BuiltSubmission:
    """A submission zip that was written, or in a dry run would be written."""

    path: Path
    """The zip."""
    written: bool
    """False in a dry run."""
    sha256: str | None
    """None in a dry run."""
    md5: str | None
    """The digest that Codabench stores; None in a dry run."""
    entries: Mapping[str, int]
    """Size in bytes of each file in the zip, by name."""
    notes: tuple[str, ...]
    """Facts that the user should know, such as the architecture that weights were recognised as."""
    half_effect: Mapping[int, float]
    """Largest absolute change of a golden prediction by half precision, by challenge; empty in full precision."""
    manifest: Mapping[str, Any]
    """Content of ``manifest.json``."""
    recipe: Mapping[str, Any]
    """The model of each challenge, with absolute paths, and whether weights are in half precision."""
    inputs: Mapping[str, str]
    """SHA-256 of each file of the user that the build read, by absolute path."""

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(self.entries.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the result as ``build --json`` writes it."""
        return {
            "schema": SCHEMA,
            "subpack": version("subpack"),
            "path": str(self.path),
            "written": self.written,
            "sha256": self.sha256,
            "md5": self.md5,
            "entries": dict(self.entries),
            "notes": list(self.notes),
            "half_effect": {str(challenge): effect for challenge, effect in self.half_effect.items()},
            "manifest": dict(self.manifest),
            "recipe": dict(self.recipe),
            "inputs": dict(self.inputs),
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.built import show_built  # noqa: PLC0415 - only a notebook renders a result
        from submission_builder.report.notebook import html  # noqa: PLC0415

        return html(partial(show_built, self))


def build(
    recipe: PathLike | None = None,
    *,
    c1: PathLike | None = None,
    c2: PathLike | None = None,
    c1_weights: Paths = (),
    c2_weights: Paths = (),
    c1_wrap: str | Sequence[str] = (),
    c2_wrap: str | Sequence[str] = (),
    output: PathLike | None = None,
    half: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> BuiltSubmission:
    """Freeze one model per challenge into a submission zip.

    The zip is kept only if a clean process, which cannot import subpack, reproduces the nets' predictions. The same
    recipe gives the same bytes.

    Parameters
    ----------
    recipe
        Path of a recipe file in TOML, instead of `c1` and `c2`.
    c1, c2
        Net for challenge 1 (response time) and for challenge 2 (externalizing factor): an architecture (its shipped
        weights), ``ARCHITECTURE.TAG``, the path of weights or of an ensemble's ``.toml``, ``constant:VALUE``, or a
        class as ``FILE.py:CLASS``. Several nets joined by ``+`` are averaged, or weighted, as in
        ``cnn:0.4+attn.mine:0.6``. A file with the given name has precedence over an architecture.
    c1_weights, c2_weights
        Weights of a net that does not name its own. Several files for one net make an ensemble of equal weights.
    c1_wrap, c2_wrap
        Wrappers of the model, such as ``clamp:0.5,2.5``, innermost first.
    output
        The zip to write; by default the recipe's, or ``submission.zip``.
    half
        Store weights in half precision. They are converted to float32 when the submission loads them.
    force
        Replace an existing zip.
    dry_run
        Resolve and freeze the recipe, but write no zip.

    Returns
    -------
    BuiltSubmission
        Path, digests, files, notes and manifest of the zip.

    Raises
    ------
    RecipeError
        If the recipe cannot be resolved or frozen, or it is given both as a file and by its parts.
    CheckpointError
        If weights cannot be read or do not fit.
    OutputError
        If the zip exists and `force` is not given, or it cannot be written.
    BuildError
        If the clean process does not reproduce the predictions; no zip is written.

    Examples
    --------
    >>> import submission_builder as sb
    >>> built = sb.build(c1="lightweight_attn", c2="cnn", output=output_folder / "built.zip")
    >>> list(built.entries)[:4]
    ['attention.py', 'cnn.c2-demo.pt', 'cnn.py', 'conv_block.py']
    >>> built.manifest["document"]["data_sources"]
    ['SIMULATED-train-seed1']
    >>> sb.build(c1="constant:1.6", c2="constant:0", dry_run=True).written
    False
    """
    parts = (c1, c2, c1_weights, c2_weights, c1_wrap, c2_wrap)
    if recipe is not None:
        if any(parts):
            raise RecipeError(
                "a recipe file states both models; c1, c2 and their weights and wrappers are not expected"
            )
        content = read_recipe(Path(recipe))
    else:
        models = {1: _model(1, c1, c1_weights, c1_wrap), 2: _model(2, c2, c2_weights, c2_wrap)}
        content = RecipeFile(models, None, half=False)
    path = Path(output) if output is not None else content.output or OUTPUT
    if not dry_run:
        require_parent_folder(path)
        require_free(path, force=force)
    resolved, half = resolve(content.models), half or content.half
    made = partial(_built, path, recipe=to_json(content.models, half=half), inputs=input_digests(resolved))
    if dry_run:
        with freeze(resolved, half=half) as frozen:
            return made(frozen, {})
    written = write_submission(resolved, path, force=force, half=half, verify=require_reproduction)
    return made(written.frozen, digests(path))


def require_reproduction(path: Path, golden: Mapping[int, Sequence[float]]) -> None:
    """Unpack a zip in a clean process, which cannot import subpack, and compare its golden predictions.

    Parameters
    ----------
    path
        The zip.
    golden
        Expected predictions of the golden windows, by challenge.

    Raises
    ------
    BuildError
        If the submission fails, or a prediction differs.
    """
    with open_session(open_package(path)) as session:
        for challenge, expected in golden.items():
            try:
                session.load(challenge)
                predictions = session.predict(golden_windows()).values.tolist()
            except SubmissionError as error:
                raise BuildError(
                    f"no zip was written, as its submission fails in a clean process: {error}", hint=error.hint
                ) from error
            for i, (there, here) in enumerate(zip(predictions, expected, strict=True)):
                if not predictions_match(there, here):
                    raise BuildError(
                        f"no zip was written: for golden window {i}, challenge {challenge} predicts {there:.8g} in a "
                        f"clean process, and {here:.8g} in the process that builds the zip"
                    )


def _model(challenge: int, net: PathLike | None, weights: Paths, wrap: str | Sequence[str]) -> ModelSpec:
    if not net:
        raise RecipeError(f"c{challenge} is missing; a net for both challenges, or a recipe file, is expected")
    files = [weights] if isinstance(weights, str | os.PathLike) else weights
    wrappers = [wrap] if isinstance(wrap, str) else wrap
    return read_model(_text(net), [Path(file) for file in files], wrappers)


def _text(net: PathLike) -> str:
    """Write a path so that it cannot be read as the name of an architecture."""
    text = os.fspath(net)
    return text if isinstance(net, str) or "/" in text else f"./{text}"


def _built(
    path: Path, frozen: Frozen, digest: Mapping[str, str], *, recipe: Mapping[str, Any], inputs: Mapping[str, str]
) -> BuiltSubmission:
    return BuiltSubmission(
        path,
        bool(digest),
        digest.get("sha256"),
        digest.get("md5"),
        frozen.sizes,
        frozen.notes,
        frozen.half_effect,
        frozen.manifest,
        recipe,
        inputs,
    )
