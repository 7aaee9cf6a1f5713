"""Evaluations and gates for CI: JUnit XML and GitHub annotations."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from submission_builder.base.atomic import atomic_file
from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.evaluation_terminal import title_of
from submission_builder.report.github import annotation
from submission_builder.report.numbers import decimal, interval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.report.github import Level
    from submission_builder.workflows.evaluate.evaluation import Evaluation
    from submission_builder.workflows.evaluate.gate import Gate, Judged

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot contain, not even escaped; messages of submissions may."""

_LEVELS: dict[bool | None, Level] = {True: "notice", False: "error", None: "warning"}
"""Level of the annotation of a gate that passed, that failed, and that could not be decided."""


def as_github(results: Sequence[Judged]) -> str:
    """Write a notice for each score, and an error for each zip without one and for each gate that failed."""
    lines = []
    for result in results:
        for release, failure in result.evaluation.failures().items():
            where = f"{result.name} on {release}" if release else result.name
            lines.append(annotation("error", failure.outcome, f"{where}: {failure.error}"))
        if result.evaluation.ok:
            lines.append(annotation("notice", "score", f"{result.name}: {score_line(result.evaluation)}"))
        lines += [
            annotation(_LEVELS[gate.passed], gate.condition, f"{result.name}: {gate.message}") for gate in result.gates
        ]
    return "\n".join(lines)


def gate_line(result: Judged, gate: Gate) -> str:
    """Write the result of a gate for the terminal."""
    word = {True: "passed", False: "FAILED", None: "not decided"}[gate.passed]
    return f"gate {word}: {result.name}: {gate.condition}: {gate.message.removeprefix('not decided: ')}"


def score_line(evaluation: Evaluation) -> str:
    """Write the scores with interval, release and profile in one line."""
    parts = [f"challenge {n} {decimal(score.nrmse, DECIMALS)}" for n, score in evaluation.challenges.items()]
    over = evaluation.over_subjects
    overall = f"overall {decimal(evaluation.overall, DECIMALS)}" + (f" ({interval(over.interval)})" if over else "")
    return f"{', '.join([overall, *parts])} · {title_of(evaluation)} · profile {evaluation.profile}"


def write_junit(results: Sequence[Judged], path: Path) -> None:
    """Write JUnit XML: for each zip one case for its score, and one for each gate.

    A fault of the submission or of the release, and a gate that failed, is a failure. A fault of this machine is an
    error. A gate that could not be decided is skipped.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    root = ET.Element("testsuites", name="subpack evaluate")
    root.extend(map(_suite, results))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, 0)) for suite in root)))
    root.set("time", f"{sum(result.evaluation.run.wall_s for result in results):.3f}")
    ET.indent(root)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    with atomic_file(path) as part:
        part.write_bytes(content + b"\n")


def _suite(result: Judged) -> ET.Element:
    evaluation, name = result.evaluation, _text(result.name)
    began = datetime.fromtimestamp(evaluation.run.began, UTC).isoformat(timespec="seconds")
    suite = ET.Element("testsuite", name=name, timestamp=began, time=f"{evaluation.run.wall_s:.3f}")
    suite.append(_properties(evaluation))
    for part in evaluation.parts:
        on = f" on {part.release.name}" if part.release else ""
        case = _case(suite, name, f"scored{on}", part.run.wall_s)
        if part.error:
            kind = "error" if part.fault == "machine" else "failure"
            _add(case, kind, part.outcome, str(part.error))
        else:
            ET.SubElement(case, "system-out").text = _text(score_line(part))
    for gate in result.gates:
        case = _case(suite, name, gate.condition, 0)
        if gate.passed is None:
            ET.SubElement(case, "skipped", message=_text(gate.message))
        elif not gate.passed:
            _add(case, "failure", "gate", gate.message)
        else:
            ET.SubElement(case, "system-out").text = _text(gate.message)
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{element}"))))
    return suite


def _properties(evaluation: Evaluation) -> ET.Element:
    content = evaluation.to_dict()
    properties = ET.Element("properties")
    values = {**content["scores"], "profile": evaluation.profile, **content["zip"]}
    values["release"] = evaluation.release.name if evaluation.release else None
    for key, value in values.items():
        if value is not None:
            ET.SubElement(properties, "property", name=key, value=_text(str(value)))
    return properties


def _case(suite: ET.Element, class_name: str, name: str, time_s: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=class_name, name=_text(name), time=f"{time_s:.3f}")


def _add(case: ET.Element, kind: str, type_: str, message: str) -> None:
    first = message.partition("\n")[0]
    ET.SubElement(case, kind, type=type_, message=_text(first)).text = _text(message)


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
