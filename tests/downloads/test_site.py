"""Names of releases, and addresses of servers."""

import pytest

from submission_builder.base.errors import DownloadError
from submission_builder.downloads.site import address_of, open_bucket


@pytest.mark.parametrize(
    ("release", "mini", "prefix"),
    [
        ("R5", False, "NeurIPS25/R5_L100_bdf"),
        ("R5", True, "NeurIPS25/R5_mini_L100_bdf"),
        ("r11", False, "NeurIPS25/R11_L100_bdf"),
        ("7", False, "NeurIPS25/R7_L100_bdf"),
        ("r5-mini", False, "NeurIPS25/R5_mini_L100_bdf"),
        ("R5_mini", True, "NeurIPS25/R5_mini_L100_bdf"),
        ("Release 3", False, "NeurIPS25/R3_L100_bdf"),
        ("R5_mini_L100_bdf", False, "NeurIPS25/R5_mini_L100_bdf"),
        ("R5_L100_bdf/", True, "NeurIPS25/R5_L100_bdf"),
        ("NeurIPS2025/R5", False, "NeurIPS2025/R5_L100_bdf"),
        ("ds005509", False, "NeurIPS25/ds005509"),
    ],
)
def test_a_release_has_one_address_however_it_is_written(release, mini, prefix):
    assert address_of(release, mini=mini).prefix == prefix


@pytest.mark.parametrize(
    "endpoint", ["nonsense", "localhost:9000", "ftp://host", "http://", "http://host:port", "s3://x"]
)
def test_what_is_no_address_of_a_server_is_an_error(endpoint):
    """The library would end the process with a panic of Rust."""
    with pytest.raises(DownloadError, match="http"):
        open_bucket(endpoint, 1)
