"""Say what a volume is."""

from typing import Annotated

import typer

from densecell.cli.options import FORMATS, Channel, Spacing, Time


def info(
    volume: Annotated[str, typer.Argument(help=FORMATS, metavar="IN")],
    spacing: Spacing = None,
    channel: Channel = None,
    time: Time = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Print what IN is: format, shape, voxel size, range of values or labels."""
    import json

    from densecell.volume import describe, open_volume

    description = describe(
        open_volume(volume, spacing_nm=spacing, channel=channel, time=time)
    )
    if as_json:
        print(json.dumps(description.as_json(), indent=2))
    else:
        print(description.as_text())
