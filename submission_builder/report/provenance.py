"""The origin of a score: from the nets in the manifest of the zip to the release and the commit of subpack."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from submission_builder.base.checkout import our_commit
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from submission_builder.workflows.evaluate.evaluation import Evaluation

_LONGEST = 200
"""Characters of a value from a manifest, which any zip may contain."""
_MOST = 50
"""Nets of a challenge that are listed."""
_DIRTY = " with uncommitted changes"


def provenance(evaluation: Evaluation) -> dict[str, dict[str, str]]:
    """Return facts by heading: zip, nets, build, releases, and this evaluation."""
    return {
        "Zip": {
            "file": str(evaluation.path),
            "SHA-256": evaluation.zip.get("sha256", UNKNOWN),
            "MD5 (the server's key)": evaluation.zip.get("md5", UNKNOWN),
            "manifest": "from subpack build" if evaluation.manifest else "none: another tool made the zip",
        },
        **dict(_nets(evaluation.manifest)),
        **_build(evaluation.manifest),
        **{f"Release {name}": facts for name, facts in _releases(evaluation)},
        "This evaluation": _run(evaluation),
    }


def date_of(evaluation: Evaluation) -> str:
    """Write when the evaluation started."""
    return datetime.fromtimestamp(evaluation.run.began, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _nets(manifest: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for number, model in _dict(manifest.get("challenges")).items():
        members = [_dict(member) for member in _list(_dict(model).get("members"))]
        for i, member in enumerate(members[:_MOST], 1):
            which = f", net {i} of {len(members)}" if len(members) > 1 else ""
            yield f"Challenge {_text(number)}{which}", _net(member)


def _net(member: Mapping[str, Any]) -> dict[str, str]:
    trained = _dict(member.get("trained"))
    data = [_dict(item) if isinstance(item, dict) else {"release": item} for item in _list(trained.get("data"))]
    names = [marked(_text(item.get("release")), simulated=item.get("simulated") is True) for item in data]
    subjects = _list(trained.get("subjects"))
    return {
        "architecture": _text(member.get("architecture") or member.get("class")),
        "weights": _text(member.get("weights")),
        "tag": _text(trained.get("tag")),
        "trained on": ", ".join(names) or UNKNOWN,
        "training subjects": f"{len(subjects):,}" if subjects else UNKNOWN,
        "pretrained weights": ", ".join(map(_text, _list(trained.get("pretrained")))) or "none named",
        "commit of the training": _text(trained.get("commit")),
    }


def _build(manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    built = _dict(manifest.get("built_with"))
    facts = {
        _text(name): _text(value) for name, value in list(built.items())[:_MOST] if name not in ("commit", "dirty")
    }
    if not facts:
        return {}
    return {"Build": facts | {"commit of subpack": _text(built.get("commit")) + (_DIRTY if built.get("dirty") else "")}}


def _releases(evaluation: Evaluation) -> Iterator[tuple[str, dict[str, str]]]:
    for part in evaluation.parts:
        release = part.release
        if release:
            yield (
                release.name,
                {
                    "recordings": "SIMULATED" if release.simulated else "of people",
                    "digest": release.digest or UNKNOWN,
                    "scored": f"a SAMPLE, seed {release.sample.seed}" if release.sample else "the whole release",
                },
            )


def _run(evaluation: Evaluation) -> dict[str, str]:
    run, commit = evaluation.run, our_commit()
    return {
        "started": date_of(evaluation),
        "duration": f"{run.wall_s:.1f} s",
        "predictions": "cached from an earlier run" if run.cached else "made in this run",
        "device": run.device,
        **{name: _text(value) for name, value in run.server.items()},
        "isolation": evaluation.isolation or UNKNOWN,
        "subpack": version("subpack"),
        "commit of subpack": f"{commit[0]}{_DIRTY if commit[1] else ''}" if commit else "installed from a package",
    }


def _dict(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    """Write a value that may come from a manifest; names with versions become a list."""
    if isinstance(value, dict):
        value = ", ".join(f"{name} {item}" for name, item in list(value.items())[:_MOST])
    text = UNKNOWN if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
