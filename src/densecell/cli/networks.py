"""List the networks with their cost and receptive field."""

from typing import Annotated

import typer


def networks(
    classes: Annotated[
        int, typer.Option(metavar="N", min=2, help="Number of classes to tell apart.")
    ] = 7,
    width: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Channels at the network's first scale. Default: as published.",
        ),
    ] = None,
) -> None:
    """List each network: parameters, FLOP per voxel, receptive field."""
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from rich.console import Console
    from rich.table import Table

    from densecell.config import NetworkConfig
    from densecell.networks import network_facts

    table = Table(title=f"networks for {classes} classes", title_justify="left")
    for column in ("name", "width", "parameters", "MFLOP per voxel", "sees (z y x)"):
        table.add_column(column, justify="left" if column == "name" else "right")
    for name, published, padding in PUBLISHED:
        config = NetworkConfig.model_validate(
            {
                "name": name,
                "width": width or published,
                "normalisation": "none",
                "padding": padding,
            }
        )
        facts = network_facts(config, classes=classes)
        table.add_row(
            name,
            str(config.width),
            f"{facts.parameters:,}",
            f"{facts.flop_per_voxel / 1e6:.2f}",
            " x ".join(map(str, facts.receptive_field)),
        )
    Console().print(table)
    typer.echo(
        "FLOP: multiplications and additions, of one output voxel of a large tile"
    )


PUBLISHED = (
    ("2d3d-light", 16, "same"),
    ("2d3d", 32, "same"),
    ("2d3d-plain", 32, "same"),
    ("2d3d-no-pyramid", 32, "same"),
    ("2d3d-2d", 32, "same"),
    ("unet2d", 64, "valid"),
    ("unet3d", 32, "same"),
    ("unet3d-thin", 32, "same"),
    ("unet3d-thin5", 32, "same"),
)
