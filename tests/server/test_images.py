"""The facts about the server's images are complete, and their packages pinned."""

import re

import pytest
from packaging.requirements import Requirement

from submission_builder.base.errors import ServerError
from submission_builder.server.facts import published_pins
from submission_builder.server.images import IMAGES, find_image

every_image = pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)


def test_the_published_list_has_107_packages():
    pins = published_pins()
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


def test_image_published_differs_from_the_list_in_numpy_only():
    versions = IMAGES["published"].versions
    assert {name for name, version in published_pins().items() if versions[name] != version} == {"numpy"}
    assert int(versions["numpy"].partition(".")[0]) < 2


def test_image_lock_has_torch_and_eegdash_of_the_lock_file():
    versions = IMAGES["lock"].versions
    assert (versions["torch"], versions["eegdash"], versions["numpy"]) == ("2.8.0", "0.4.0", "2.2.6")


def test_only_the_list_as_published_cannot_convert_tensors_to_numpy():
    facts = {image.name: {fact.name: fact.value for fact in image.facts} for image in IMAGES.values()}
    conversions = {name: of_image["tensor.numpy() as published"] for name, of_image in facts.items()}
    assert conversions == {"published": "raises", "lock": "works"}


def test_an_unknown_image_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ServerError, match="server image 'v14' is unknown; available are: published, lock"):
        find_image("v14")
    with pytest.raises(ServerError) as caught:
        find_image("publish")
    assert caught.value.hint == "did you mean published?"
