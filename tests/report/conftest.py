"""Fixtures of the pages' tests."""

import pytest
from made_up import evaluation_of, r5_tables

from submission_builder.report.evaluation_page import write_evaluation_page


@pytest.fixture(scope="session")
def r5_evaluation(r5):
    """Made-up predictions of all 122,207 windows of R5."""
    return evaluation_of(*r5_tables(r5))


@pytest.fixture(scope="session")
def r5_page(r5_evaluation, tmp_path_factory):
    """The page of these predictions."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_evaluation_page(r5_evaluation, path)
    return path
