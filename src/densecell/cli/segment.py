"""Label every voxel of a volume with a trained ensemble."""

from pathlib import Path
from typing import Annotated

import typer


def segment(
    volume: Annotated[
        Path, typer.Argument(help="intensities: OME-Zarr, TIFF, slice folder")
    ],
    model: Annotated[
        Path, typer.Option("--model", "-m", help="folder of a trained ensemble")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for the result")],
    spacing: Annotated[
        tuple[float, float, float] | None,
        typer.Option(metavar="Z Y X", help="voxel size in nm, overriding the file"),
    ] = None,
    box: Annotated[
        tuple[int, int, int, int, int, int] | None,
        typer.Option(
            metavar="Z0 Y0 X0 Z1 Y1 X1", help="segment these voxels only, to try first"
        ),
    ] = None,
    members: Annotated[
        int | None, typer.Option(help="use only the best N members")
    ] = None,
    tile: Annotated[
        tuple[int, int, int] | None,
        typer.Option(metavar="Z Y X", help="voxels one network call gives"),
    ] = None,
    margin: Annotated[
        tuple[int, int, int] | None,
        typer.Option(metavar="Z Y X", help="context of a tile that is not kept"),
    ] = None,
    engine: Annotated[str, typer.Option(help="auto, torch or openvino")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16")] = "auto",
    threads: Annotated[int | None, typer.Option(help="per network call")] = None,
    tiff: Annotated[
        bool, typer.Option("--tiff", help="also write the class ids as classes.tif")
    ] = False,
    keep_members: Annotated[
        bool, typer.Option("--keep-members", help="also keep each member's labels")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="also keep them, a byte per class")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="start anew, dropping what is there")
    ] = False,
) -> None:
    """Label every voxel of VOLUME; an interrupted run goes on where it stopped."""
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    import sys

    from densecell.cli.progress import told_progress
    from densecell.config import InferenceConfig, parse_settings
    from densecell.ensemble import Wish, is_finished, load_ensemble, segment_volume
    from densecell.ensemble.run import freeze
    from densecell.errors import OutputError
    from densecell.volume import open_volume
    from densecell.volume.aside import remove

    inference = parse_settings(
        {
            "tile": tile,
            "margin": margin,
            "engine": engine,
            "precision": precision,
            "threads": threads,
        },
        InferenceConfig,
        where="options",
    )
    wish = Wish(
        inference=inference,
        box=None if box is None else (box[:3], box[3:]),
        keep_members=keep_members,
        probabilities=probabilities,
        command=" ".join(["densecell", *sys.argv[1:]]),
    )
    source = open_volume(volume, spacing_nm=spacing)
    ensemble = load_ensemble(model, best=members)
    if overwrite and out.exists():
        if not (out / "run.yaml").exists() and any(out.iterdir()):
            raise OutputError(f"{out}: is no result of densecell; remove it yourself")
        freeze(source, ensemble, wish)  # a mistake must not cost the old result
        remove(out)
    was_finished = is_finished(out)
    with told_progress(f"segmenting {volume.name}") as told:
        for step in segment_volume(source, ensemble, out, wish):
            told(step.done_voxels, step.all_voxels)
    if tiff:
        write_tiff_labels(out, overwrite=overwrite)
    if was_finished:
        typer.echo(f"{out}: was finished already; --overwrite segments it again")
        return
    typer.echo(
        f"{out}: {step.all_voxels:,} voxels labelled by {len(ensemble.networks)} "
        f"networks; next `densecell evaluate {out} TRUTH`"
    )


def write_tiff_labels(out: Path, *, overwrite: bool) -> None:
    """Write plain class ids as an ImageJ TIFF beside the store."""
    from densecell.volume import open_volume, write_tiff

    target = out / "classes.tif"
    if target.exists() and not overwrite:
        return
    labels = open_volume(out / "segmentation.zarr" / "labels" / "classes", labels=True)
    write_tiff(target, labels, overwrite=overwrite)
