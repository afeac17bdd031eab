"""Check whether a result is still what was made."""

from pathlib import Path
from typing import Annotated

import typer


def verify(
    result: Annotated[Path, typer.Argument(help="folder of a result")],
    full: Annotated[
        bool, typer.Option("--full", help="read every file of the result, not samples")
    ] = False,
) -> None:
    """Check RESULT against what was written down when it was made.

    Its files, the volume and the model that it came from, and the versions installed.
    Exit code 1 if anything has changed or is missing; other versions are no fault.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from densecell.cli.progress import told_progress
    from densecell.report.outcome.verification import verify_result

    with told_progress(f"verifying {result.name}", unit="files") as told:
        findings = list(verify_result(result, full=full, progress=told))
    table = Table(box=None, pad_edge=False)
    for heading in ("part", "state", "what was found"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(*map(Text, finding))
    Console(soft_wrap=True).print(table)
    faults = sum(finding.is_fault for finding in findings)
    if faults:
        typer.echo(f"{result}: {faults} of {len(findings)} parts are not what was made")
        raise typer.Exit(1)
    typer.echo(f"{result}: is what was made")
