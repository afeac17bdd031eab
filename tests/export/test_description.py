import pytest

from densecell.classes import ClassScheme
from densecell.export.description import PackageFacts, PackageFiles, package_description
from densecell.export.network import WindowSizes
from densecell.geometry import FACES, Spacing
from densecell.report.model import Terms

FACTS = PackageFacts(
    name="drawn model",
    members=2,
    scheme=ClassScheme.from_ids([0, 3]),
    spacing_nm=Spacing(50, 4.5, 4.6),
    affinities=FACES,
    sizes=WindowSizes((3, 80, 96), (1, 16, 16), (0, 92, 92), (1, 32, 0)),
    parameters=7,
)


@pytest.fixture
def description():
    tensors = {name: {"source": name} for name in ("raw", *FACTS.outputs)}
    files = PackageFiles({"source": "a"}, {"source": "b"}, {}, {}, tensors)
    terms = Terms("MIT", ("A", "B"))
    return package_description(
        FACTS, files, terms, version="0.5.12", torch="2.13.0", opset=17
    )


def space(name, scale, **more):
    axis = {"type": "space", "id": name, "unit": "nanometer", "scale": scale}
    return axis | more


def of_raw(name, offset):
    return {"tensor_id": "raw", "axis_id": name, "offset": offset}


def test_the_input_has_sizes_and_lengths(description):
    (raw,) = description["inputs"]

    assert raw["axes"] == [
        {"type": "batch"},
        {"type": "channel", "channel_names": ["intensity"]},
        space("z", 50, size={"min": 3, "step": 1}, concatenable=True),
        space("y", 4.5, size={"min": 80, "step": 16}, concatenable=True),
        space("x", 4.6, size={"min": 96, "step": 16}, concatenable=True),
    ]


def test_grey_values_are_normalised_over_the_whole_sample(description):
    (step,) = description["inputs"][0]["preprocessing"]

    assert step["id"] == "zero_mean_unit_variance"
    assert step["kwargs"]["axes"] == ["channel", "z", "y", "x"]  # each sample alone


def test_outputs_are_named_and_so_are_their_channels(description):
    probabilities, affinities = description["outputs"]

    assert (probabilities["id"], affinities["id"]) == ("probabilities", "affinities")
    assert probabilities["axes"][1]["channel_names"] == ["background", "class 3"]
    assert affinities["axes"][1]["channel_names"] == [
        "same cell at -1 0 0",
        "same cell at 0 -1 0",
        "same cell at 0 0 -1",
    ]
    assert probabilities["axes"][2:] == [
        space("z", 50, size=of_raw("z", 0), halo=1),
        space("y", 4.5, size=of_raw("y", -184), halo=32),
        space("x", 4.6, size=of_raw("x", -184)),
    ]


def test_colours_and_offsets_are_kept_where_the_format_has_no_place(description):
    kept = description["config"]["densecell"]

    assert kept["classes"]["classes"]["3"]["colour"] == [230, 159, 0]
    assert kept["affinities"] == [[-1, 0, 0], [0, -1, 0], [0, 0, -1]]
