"""A bioimage.io package: a zip file of a network, its description and its test."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from densecell.config import yaml_text
from densecell.export.bioimageio import imported
from densecell.export.description import (
    PROBABILITIES,
    RAW,
    PackageFacts,
    PackageFiles,
    densecell_facts,
    package_description,
)
from densecell.export.network import Voting
from densecell.export.sample import cover, sample_tensors
from densecell.export.weights import OPSET, write_onnx, write_torchscript
from densecell.report.model import Terms

DESCRIPTION = "bioimageio.yaml"
ONNX, SCRIPT = "weights.onnx", "weights.pt"
README, COVER = "README.md", "cover.png"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # time of all files in a package


def write_package(
    network: Voting, facts: PackageFacts, terms: Terms, folder: Path, *, card: str
) -> None:
    """Write all files of a package into a new folder.

    Parameters
    ----------
    network
        Network to share.
    facts, terms
        What its description says.
    folder
        Folder to make.
    card
        The model card, as Markdown.
    """
    version = imported("bioimageio.spec.model.v0_5").ModelDescr
    folder.mkdir()
    tensors = sample_tensors(network, facts)
    example = torch.zeros(1, 1, *facts.sizes.least)
    write_onnx(
        network,
        example,
        folder / ONNX,
        outputs=facts.outputs,
        metadata=densecell_facts(facts),
    )
    write_torchscript(network, example, folder / SCRIPT)
    _write(folder / README, card)
    drawn = cover(
        tensors[RAW],
        tensors[PROBABILITIES],
        scheme=facts.scheme,
        spacing_nm=facts.spacing_nm,
    )
    (folder / COVER).write_bytes(drawn)
    for name, tensor in tensors.items():
        np.save(folder / f"test_{name}.npy", tensor)
    description = package_description(
        facts,
        PackageFiles(
            onnx=_entry(folder / ONNX),
            torchscript=_entry(folder / SCRIPT),
            documentation=_entry(folder / README),
            cover=_entry(folder / COVER),
            tensors={name: _entry(folder / f"test_{name}.npy") for name in tensors},
        ),
        terms,
        version=version.implemented_format_version,
        torch=torch.__version__.partition("+")[0],
        opset=OPSET,
    )
    _write(folder / DESCRIPTION, yaml_text(description))


def zip_folder(folder: Path, path: Path) -> None:
    """Pack the files of a folder, without their times: equal files, equal bytes."""
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(file.name, LONG_AGO)
            packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def _entry(path: Path) -> dict[str, Any]:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"source": path.name, "sha256": sha256}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
