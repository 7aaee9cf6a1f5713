"""The page of R5 in headless Chromium, at the width of a phone and of a desk, in both colour schemes."""

import pytest
from browser import CHROMIUM, look

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_is_legible_and_silent(r5_page, width, dark):
    found = look(r5_page, width=width, dark=dark)
    assert found["requests"] == []
    assert found["console"] == []
    assert found["wider"] <= 0
    assert found["paper"] == ("rgb(17, 22, 31)" if dark else "rgb(255, 255, 255)")
    assert len(found["texts"]) > 300
    assert [text for text in found["texts"] if text["contrast"] < 4.5] == []
    assert [text for text in found["texts"] if text["px"] < 11] == []
    assert len(found["figures"]) == 17
    assert all(figure["role"] == "img" and figure["label"] for figure in found["figures"])


def test_paper_is_white_for_a_reader_with_a_dark_scheme(r5_page):
    found = look(r5_page, width=794, dark=True, media="print")
    assert found["paper"] == "rgb(255, 255, 255)"
    assert [text for text in found["texts"] if text["contrast"] < 4.5] == []


def test_the_page_loads_in_a_second(r5_page):
    """The best of five, because other work disturbs a single measurement."""
    assert min(look(r5_page, width=1280, dark=False)["load_ms"] for _ in range(5)) <= 1000
