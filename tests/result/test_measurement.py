from densecell.geometry import Box, Spacing
from densecell.result import (
    read_measurement,
    read_mesh_settings,
    save_measurement,
)


def test_a_measurement_reads_back_as_it_was_written(old_project, tmp_path):
    found = read_measurement(old_project / "result")

    save_measurement(found, tmp_path)

    assert read_measurement(tmp_path) == found
    assert found.spacing == Spacing(40, 10, 10)


def test_blocks_cover_the_labels_in_raster_order(old_project):
    found = read_measurement(old_project / "result")
    halved = found.model_copy(update={"shape": (10, 80, 70), "block": (10, 80, 40)})

    assert halved.grid == (1, 1, 2)
    assert halved.blocks == (
        Box((0, 0, 0), (10, 80, 40)),
        Box((0, 0, 40), (10, 80, 70)),
    )


def test_mesh_settings_are_read(old_project):
    found = read_mesh_settings(old_project / "result")

    assert found.formats == ("glb", "precomputed")
    assert found.max_error_nm == 10.0  # a quarter of 40 nm
