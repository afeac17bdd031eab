"""Say what a volume is."""

from typing import Annotated

import typer

from densecell.cli.options import FORMATS, AsJson, VolumeOptions


def info(
    volume: Annotated[str, typer.Argument(help=f"{FORMATS}.", metavar="IN")],
    source: VolumeOptions,
    as_json: AsJson = False,
) -> None:
    """Print format, shape, voxel size, and range of values or labels of IN."""
    import json

    from densecell.volume import describe, open_volume

    description = describe(open_volume(volume, **source.choice))
    if as_json:
        print(json.dumps(description.as_json(), indent=2))
    else:
        print(description.as_text())
