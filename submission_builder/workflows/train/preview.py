"""The verb ``preview_augmentation``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_zoo.training.preview import preview
from submission_builder.base.progress import Progress, silent
from submission_builder.workflows.train.data import load_data
from submission_builder.workflows.train.observer import NoObserver, TrainObserver
from submission_builder.workflows.train.settings import run_specs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_zoo.training.preview import PreviewRow
    from submission_builder.workflows.train.settings import Config, Folder


@dataclass(frozen=True)
class AugmentationPreview:
    """A few windows as recorded, and after each augmentation."""

    panels: tuple[PreviewRow, ...]
    """First the windows as recorded, then after each augmentation alone, then after all of them."""
    simulated: bool
    """Whether a release is simulated."""

    def to_dict(self) -> dict[str, Any]:
        """Return titles, targets and windows in a form that JSON can hold."""
        panels = [
            {"title": one.title, "target": one.target.tolist(), "windows": one.windows.tolist()} for one in self.panels
        ]
        return {"simulated": self.simulated, "panels": panels}

    def _repr_html_(self) -> str:
        from submission_builder.report.augmentation import preview_svg  # noqa: PLC0415 - only a notebook needs it

        return preview_svg(self.panels)


def preview_augmentation(
    architecture: str | None = None,
    *,
    challenge: int | None = None,
    train: Folder | Sequence[Folder] = (),
    val: Folder | None = None,
    test: Folder | None = None,
    config: Config | None = None,
    observer: TrainObserver | None = None,
    progress: Progress = silent,
    **settings: Any,
) -> AugmentationPreview:
    """Apply the augmentation of a run to a few training windows; nothing is trained.

    Parameters
    ----------
    architecture, challenge, train, val, test, config, observer, progress, **settings
        As for :func:`submission_builder.workflows.train.train.train`.

    Raises
    ------
    ConfigError
        If a setting is unknown, missing or invalid, or the run has no augmentation.
    RecipeError
        If there is no such architecture.
    ReleaseError
        If a release cannot be used.

    Examples
    --------
    >>> import submission_builder as sb
    >>> preview = sb.preview_augmentation("cnn", challenge=1, train=release_folder, noise=0.5)
    >>> [panel.title for panel in preview.panels]
    ['as recorded', 'noise = 0.5', 'all together']
    """
    settings |= {"challenge": challenge, "train": train, "val": val, "test": test}
    (spec,) = run_specs(config, settings, [architecture] if architecture else [])
    data = load_data(spec.config, (observer or NoObserver()).loaded, progress)
    panels = tuple(preview(data.train, data.reader, spec.config))
    return AugmentationPreview(panels, data.simulated)
