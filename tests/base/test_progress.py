"""Progress under a name."""

from submission_builder.base.progress import under


def test_progress_under_names_has_the_outer_name_first():
    seen = []
    report = under("R5", under("a.zip", lambda *report: seen.append(report)))
    report("predicting", 3, 8)
    assert seen == [("a.zip: R5: predicting", 3, 8)]
