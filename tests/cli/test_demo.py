import pytest

from densecell.cli import demo as module


@pytest.mark.filterwarnings("ignore:no voxel of role")
def test_the_demo_goes_the_whole_road_and_a_second_time_changes_nothing(
    tmp_path, monkeypatch, capsys
):
    for name, shape in (("TRAIN", (3, 64, 64)), ("EVAL", (2, 64, 64))):
        monkeypatch.setattr(module, name, shape)
    monkeypatch.setattr(module, "UNSEEN", (3, 64, 64))
    monkeypatch.setattr(
        module,
        "PROJECT",
        module.PROJECT.replace("width: 16", "width: 2").replace(
            "validations: 4", "validations: 1\n  abandon_below: 0"
        ),
    )

    module.demo(tmp_path, steps=4)
    page = (tmp_path / "result" / "report.html").read_bytes()
    weights = (tmp_path / "models/demo/member_02/weights.safetensors").read_bytes()
    module.demo(tmp_path, steps=4)

    assert (tmp_path / "result" / "report.html").read_bytes() == page
    assert (
        tmp_path / "models/demo/member_02/weights.safetensors"
    ).read_bytes() == weights
    assert b"member_02" in page
    said = capsys.readouterr().out
    assert said.count("$ densecell train") == 2
    assert "MIoU(org)" in said
