import shutil

from densecell.report.outcome.missing import missing_section
from densecell.result import Result, read_run


def missing(result, shown=(), library=None):
    section = missing_section(Result(result), shown=set(shown), library=library)
    return section.parts[0].sentences


def test_what_was_never_made_is_named_with_its_command(result):
    for name in ("tables", "meshes", "objects.yaml", "blocks/mesh", "blocks/measure"):
        path = result / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    assert missing(result) == [
        "Cells and organelles, with their tables: `densecell measure result`.",
        "Cells in 3D (GLB files): `densecell mesh result`, after `measure`.",
        "Scores, if there are true labels: `densecell evaluate result LABELS`, or "
        "`densecell report result --truth LABELS`.",
    ]


def test_meshes_that_were_deleted_can_be_made_again(result):
    shutil.rmtree(result / "meshes")

    assert missing(result, {"Scores"}) == [
        "Cells in 3D (GLB files): `densecell mesh result --overwrite`."
    ]


def test_tables_that_were_deleted_can_be_made_again(result):
    shutil.rmtree(result / "tables")

    assert missing(result, {"Scores", "Cells in 3D"}) == [
        "The tables of cells and organelles were removed: "
        "`densecell measure result --overwrite`."
    ]


def test_an_image_and_a_model_that_are_gone_are_missed(result, change_run):
    run = read_run(result)
    change_run(
        result,
        volume=run.volume.model_copy(update={"path": result / "gone.tif"}),
        model=run.model.model_copy(update={"path": result / "gone"}),
    )

    image, model = missing(result, {"Scores", "Cells in 3D"})

    assert "gone.tif is not where it was" in image
    assert "the model gone is not where it was" in model


def test_maps_and_members_that_are_not_there_are_missed(result):
    (result / "agreement.json").unlink()
    shutil.rmtree(result / "segmentation.zarr" / "disagreement")

    assert missing(result, {"Scores", "Cells in 3D"}) == [
        "Members against the ensemble: the segmentation must finish.",
        "The map of disagreement: `densecell segment --overwrite`.",
    ]


def test_labels_from_elsewhere_miss_only_what_can_be_made(platelets):
    assert missing(platelets, {"Cells in 3D"}, library="no plotly; pip install it") == [
        "Scores, if there are true labels: `densecell evaluate result LABELS`, or "
        "`densecell report result --truth LABELS`.",
        "How the labels were made: they came from elsewhere.",
        "3D is a still picture: no plotly; pip install it, and report again.",
    ]


def test_nothing_is_missing_where_all_is_there(result):
    section = missing_section(
        Result(result), shown={"Scores", "Cells in 3D"}, library=None
    )

    assert section is None
