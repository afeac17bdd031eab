from densecell import __version__
from densecell.report.outcome.origin import origin_section, without_folders
from densecell.result import Result


def rows_of(result):
    return {
        (table.header[1], row[0]): row[1]
        for table in origin_section(result).parts
        for row in table.rows
    }


def test_every_step_is_listed_without_a_folder(made):
    rows = rows_of(Result(made / "result"))

    titles = list(dict.fromkeys(title for title, _ in rows))
    assert titles == ["segmentation", "training", "objects", "surfaces", "this page"]
    assert rows["segmentation", "volume"] == "image.tif: 6 x 48 x 56 voxels of uint8"
    assert rows["segmentation", "box"] == "all of it"
    assert rows["segmentation", "options"] == "--keep-members"
    assert rows["training", "seeds"] == "member_00: 0, member_01: 1"
    assert rows["surfaces", "formats"] == "glb"
    assert rows["this page", "densecell"] == __version__
    assert not any(str(made) in value for value in rows.values())


def test_a_part_and_options_are_named(result, change_run):
    frozen = Result(result).run.inference
    changed = frozen.model_copy(update={"tta": True, "exact": True, "skip_flat": 0.1})
    change_run(result, inference=changed, box=((0, 0, 0), (6, 9, 5)))

    rows = rows_of(Result(result))

    assert rows["segmentation", "box"] == "0 x 0 x 0 to 6 x 9 x 5"
    told = rows["segmentation", "options"]
    assert told == "--exact, --tta, --skip-flat, --keep-members"


def test_a_model_that_is_gone_leaves_out_its_training(result, change_run, tmp_path):
    model = Result(result).run.model
    change_run(result, model=model.model_copy(update={"path": tmp_path / "gone"}))

    assert not any(title == "training" for title, _ in rows_of(Result(result)))


def test_labels_from_elsewhere_have_only_their_objects(platelets):
    titles = {title for title, _ in rows_of(Result(platelets))}

    assert titles == {"objects", "surfaces", "this page"}


def test_folders_of_windows_and_broken_quotes_are_left_out():
    assert (
        without_folders(r"segment 'C:\data\a.tif' --out=~/b") == "segment a.tif --out=b"
    )
    assert without_folders("segment /data/it's.tif") == "segment it's.tif"
