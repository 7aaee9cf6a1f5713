"""The members of ensembles: each is left out of a copy of the zip, and the weights of the others are scaled."""

import json
import zipfile
from dataclasses import replace

import pytest

from submission_builder.workflows.compare.compare import compare_evaluations
from submission_builder.workflows.compare.members import member_contributions

MEMBERS = [{"architecture": name} for name in ("cnn", "attn", "tcn")]


def packed(path, entry):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "manifest.json", json.dumps({"challenges": {"1": entry, "2": {"members": [{}], "weights": [1]}}})
        )
        archive.writestr("submission.py", "x = 1")
    return path


def test_each_member_is_left_out_once_and_the_difference_is_paired(evaluation, tmp_path):
    path = packed(tmp_path / "e.zip", {"members": MEMBERS, "weights": [0.5, 0.3, 0.2]})
    whole, without = replace(evaluation("e.zip", 0.5), path=path), evaluation("w.zip", 0.2)
    seen = []

    def evaluate(zips):
        for copy in zips:
            with zipfile.ZipFile(copy) as archive:
                assert archive.namelist() == ["manifest.json", "submission.py"]
                seen.append(json.loads(archive.read("manifest.json"))["challenges"]["1"])
        return [replace(without, path=copy) for copy in zips]

    found = member_contributions(compare_evaluations([whole]).candidates, evaluate)
    assert [entry["members"] for entry in seen] == [[m for m in MEMBERS if m is not left_out] for left_out in MEMBERS]
    assert [entry["weights"] for entry in seen] == [
        pytest.approx([0.6, 0.4]),
        pytest.approx([5 / 7, 2 / 7]),
        pytest.approx([0.625, 0.375]),
    ]
    assert [(one.challenge, one.member, one.weight) for one in found] == [
        (1, "1 cnn", 0.5),
        (1, "2 attn", 0.3),
        (1, "3 tcn", 0.2),
    ]
    score = without.challenges[1].nrmse
    assert all(one.without == score for one in found)
    assert found[0].difference.value == pytest.approx(whole.challenges[1].nrmse - score)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"members": MEMBERS[:1], "weights": [1]},
        {"members": 3, "weights": None},
        {"members": MEMBERS[:2], "weights": [1, 0]},
        {"members": MEMBERS[:2], "weights": ["0.5", 0.5]},
        {"members": MEMBERS[:2], "weights": [float("nan"), 0.5]},
        {"members": ["cnn", 3], "weights": [0.5, 0.5]},
    ],
)
def test_other_zips_have_no_members(evaluation, tmp_path, entry):
    path = packed(tmp_path / "e.zip", entry)
    candidates = compare_evaluations([replace(evaluation("e.zip", 0.5), path=path)]).candidates
    assert member_contributions(candidates, lambda zips: pytest.fail(f"{zips} are evaluated")) == ()
