import io

import numpy as np
import pytest
from PIL import Image

from densecell.classes import ClassScheme
from densecell.export.description import PackageFacts
from densecell.export.network import window_sizes
from densecell.export.sample import cover, sample_tensors
from densecell.geometry import FACES, Spacing

SCHEME = ClassScheme.from_ids([0, 3, 4])


def facts_of(network, offsets):
    return PackageFacts(
        name="drawn model",
        members=2,
        scheme=SCHEME,
        spacing_nm=Spacing(40, 10, 10),
        affinities=offsets,
        sizes=window_sizes(network.networks[0]),
        parameters=7,
    )


@pytest.mark.parametrize(("kind", "lost"), [("flat", 0), ("valid", 92)])
def test_a_sample_has_room_for_the_border_and_a_cover_without_it(voting, kind, lost):
    network = voting(kind)
    facts = facts_of(network, ())

    tensors = sample_tensors(network, facts)
    picture = cover(
        tensors["raw"],
        tensors["probabilities"],
        scheme=SCHEME,
        spacing_nm=facts.spacing_nm,
    )

    raw, said = tensors["raw"], tensors["probabilities"]
    assert raw.dtype == np.uint8
    assert said.shape == (1, 3, raw.shape[2], *(n - 2 * lost for n in raw.shape[3:]))
    assert Image.open(io.BytesIO(picture)).width >= said.shape[4]


def test_affinities_are_in_the_sample_too(voting):
    network = voting("affinities")

    tensors = sample_tensors(network, facts_of(network, FACES))

    assert list(tensors) == ["raw", "probabilities", "affinities"]
    assert tensors["affinities"].shape == tensors["probabilities"].shape
