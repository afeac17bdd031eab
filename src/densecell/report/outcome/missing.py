"""What a result does not hold, and which command makes it."""

from densecell.report.page import Notes, Section
from densecell.report.words import number_in
from densecell.result import Result, layout


def missing_section(
    result: Result, *, shown: set[str], library: str | None
) -> Section | None:
    """List what is missing.

    Parameters
    ----------
    shown
        Titles of the sections that are there.
    library
        Why the 3D scene cannot be turned; none: it can.
    """
    sentences = [*_of_steps(result, shown), *_of_origins(result)]
    if library is not None and "Cells in 3D" in shown:
        sentences.append(f"3D is a still picture: {library}, and report again.")
    if not sentences:
        return None
    return Section("What is missing", parts=[Notes(sentences)])


def _of_steps(result: Result, shown: set[str]) -> list[str]:
    name, sentences = result.path.name, []
    if not result.is_measured:
        sentences.append(
            f"Cells and organelles, with their tables: `densecell measure {name}`."
        )
    elif not result.table("classes"):
        sentences.append(
            "The tables of cells and organelles were removed: "
            f"`densecell measure {name} --overwrite`."
        )
    if "Cells in 3D" not in shown and result.run is None:
        sentences.append("Cells in 3D: the labels came from elsewhere.")
    elif "Cells in 3D" not in shown and _is_empty(result):
        sentences.append("Cells in 3D: no object was found that could be shown.")
    elif "Cells in 3D" not in shown:
        there = result.has_meshes or (result.path / layout.MESHES).exists()
        again = " --overwrite" if there else ""
        sentences.append(
            f"Cells in 3D (GLB files): `densecell mesh {name}{again}`"
            + ("." if result.is_measured else ", after `measure`.")
        )
    if "Scores" not in shown:
        sentences.append(
            f"Scores, if there are true labels: `densecell evaluate {name} LABELS`, or "
            f"`densecell report {name} --truth LABELS`."
        )
    return sentences


def _is_empty(result: Result) -> bool:
    counts = [number_in(row, "objects") for row in result.table("classes")]
    return result.is_measured and bool(counts) and not any(counts)


def _of_origins(result: Result) -> list[str]:
    run, sentences = result.run, []
    if run is None:
        return ["How the labels were made: they came from elsewhere."]
    if result.image is None:
        sentences.append(
            f"The image: {run.volume.path.name} is not where it was, or is another "
            "volume; put it back and report again."
        )
    if result.agreement is None:
        sentences.append("Members against the ensemble: the segmentation must finish.")
    if not run.model.path.is_dir():
        sentences.append(
            "Learning curves and training settings: the model "
            f"{run.model.path.name} is not where it was."
        )
    for layer in ("confidence", "disagreement"):
        if result.layer(layer) is None:
            sentences.append(f"The map of {layer}: `densecell segment --overwrite`.")
    return sentences
