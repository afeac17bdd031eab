"""Check whether a result is unchanged."""

from typing import Annotated

import typer

from densecell.cli.options import Result


def verify(
    result: Result,
    full: Annotated[
        bool,
        typer.Option("--full", help="Read every file of the result, not samples."),
    ] = False,
) -> None:
    """Check RESULT against what was recorded when it was made.

    Checks its files, its volume and model, and the versions of software installed. Ends
    with exit code 1 if anything has changed or is missing; other versions are fine.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from densecell.cli.progress import show_progress
    from densecell.report.outcome import verify_result

    with show_progress(f"verifying {result.name}", unit="files") as progress:
        findings = list(verify_result(result, full=full, progress=progress))
    table = Table(box=None, pad_edge=False)
    for heading in ("part", "state", "what was found"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(*map(Text, finding))
    Console(soft_wrap=True).print(table)
    faults = sum(finding.is_fault for finding in findings)
    if faults:
        typer.echo(
            f"{result}: {faults} of {len(findings)} parts have changed or are missing"
        )
        raise typer.Exit(1)
    typer.echo(f"{result}: is unchanged")
