"""What is said of the server's images."""

import re

import pytest
from packaging.requirements import Requirement

from submission_builder.base.errors import ServerError
from submission_builder.server.facts import printed_pins
from submission_builder.server.images import IMAGES, find_image

every_image = pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)


def test_the_printed_list_has_107_packages_and_cannot_run():
    pins = printed_pins()
    assert len(pins) == 107
    assert (pins["torch"], pins["numpy"], pins["braindecode"]) == ("2.2.2", "2.2.6", "1.2.0")


@every_image
def test_every_fact_has_a_source_and_a_value_unless_it_is_unknown(image):
    for fact in image.facts:
        assert fact.source, fact
        assert (fact.value is None) == (fact.grade == "unknown"), fact


@every_image
def test_every_requirement_is_pinned_once(image):
    requirements = [Requirement(line) for line in image.requirements]
    assert all(re.fullmatch(r"==[^=*]+", str(requirement.specifier)) for requirement in requirements)
    names = [re.sub(r"[-_.]+", "-", requirement.name.lower()) for requirement in requirements]
    assert len(set(names)) == len(names) >= 107


def test_published_differs_from_the_list_by_numpy_alone():
    versions = IMAGES["published"].versions
    assert {name for name, version in printed_pins().items() if versions[name] != version} == {"numpy"}
    assert int(versions["numpy"].partition(".")[0]) < 2


def test_lock_has_the_torch_and_eegdash_of_the_lock_file():
    versions = IMAGES["lock"].versions
    assert (versions["torch"], versions["eegdash"], versions["numpy"]) == ("2.8.0", "0.4.0", "2.2.6")


def test_only_the_list_as_printed_keeps_tensors_from_numpy():
    assert {image.name: image.crosses_to_numpy for image in IMAGES.values()} == {"published": False, "lock": True}


def test_an_unknown_image_is_told_which_there_are():
    with pytest.raises(ServerError, match="server image 'v14' is not known; there are: published, lock"):
        find_image("v14")
