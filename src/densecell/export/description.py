"""The content of `bioimageio.yaml`: axes, pre-processing, classes and origin.

Values are plain, as the format demands; lengths are in nanometres.

.. [1] Ouyang et al. 2022, BioImage Model Zoo, doi:10.1101/2022.06.07.495102.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from densecell import __version__
from densecell.classes import ClassScheme
from densecell.export.network import WindowSizes
from densecell.geometry import Shape, Spacing, format_spacing
from densecell.report.model import Terms
from densecell.volume import Statistics

METHOD = {
    "text": "Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural "
    "network ensembles, Scientific Reports 11:2561",
    "doi": "10.1038/s41598-021-81590-0",
}
RAW, PROBABILITIES, AFFINITIES = "raw", "probabilities", "affinities"
SPACE = ("z", "y", "x")
Values = dict[str, Any]


class PackageFacts(NamedTuple):
    """Facts about the model in a package.

    Parameters
    ----------
    name
        Name that others see.
    members
        Number of networks that vote.
    scheme
        Classes of its labels.
    spacing_nm
        Voxel size (z, y, x) that it was trained at.
    affinities
        Offsets (z, y, x), in voxels, of the pairs that it predicts affinities for.
    sizes
        Sizes of the windows that it takes.
    parameters
        Number of weights of all members.
    grey
        Mean and deviation that grey values are normalised by; None: those of the whole
        volume that is labelled.
    """

    name: str
    members: int
    scheme: ClassScheme
    spacing_nm: Spacing
    affinities: tuple[Shape, ...]
    sizes: WindowSizes
    parameters: int
    grey: Statistics | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the network's outputs, in order."""
        return (PROBABILITIES, AFFINITIES) if self.affinities else (PROBABILITIES,)


class PackageFiles(NamedTuple):
    """Entries of the files of a package: name and SHA-256 of each."""

    onnx: Values
    torchscript: Values
    documentation: Values
    cover: Values
    tensors: dict[str, Values]  # those of the test, by name


def package_description(
    facts: PackageFacts,
    files: PackageFiles,
    terms: Terms,
    *,
    version: str,
    torch: str,
    opset: int,
) -> Values:
    """Content of `bioimageio.yaml`.

    Parameters
    ----------
    facts, files, terms
        The model, its files, and the terms of its use.
    version
        Version of the format.
    torch, opset
        Versions of torch and ONNX that the weights were written with.
    """
    return {
        "type": "model",
        "format_version": version,
        "name": facts.name,
        "description": _sentences(facts),
        "authors": [{"name": name} for name in terms.authors],
        "license": terms.licence,
        "cite": [
            METHOD,
            *({"text": f"doi:{doi}", "doi": doi} for doi in terms.cite),
        ],
        "tags": _tags(facts),
        "documentation": files.documentation,
        "covers": [files.cover],
        "inputs": [_input(facts, files)],
        "outputs": [_output(name, facts, files) for name in facts.outputs],
        "weights": {
            "onnx": files.onnx | {"opset_version": opset, "parent": "torchscript"},
            "torchscript": files.torchscript | {"pytorch_version": torch},
        },
        "config": {
            "bioimageio": {
                "modality": "electron microscopy",
                "task": "semantic segmentation",
                "target_structure": list(facts.scheme.names),
                "model_parameter_count": facts.parameters,
            },
            "densecell": densecell_facts(facts) | {"version": __version__},
        },
    }


def densecell_facts(facts: PackageFacts) -> Values:
    """Facts that the format has no place for: ids, colours, roles, offsets of pairs."""
    return {
        "classes": facts.scheme.as_settings(),
        "spacing_nm": list(facts.spacing_nm),
        "members": facts.members,
        "affinities": [list(offset) for offset in facts.affinities],
        "normalisation": _normalisation(facts.grey),
    }


def _normalisation(grey: Statistics | None) -> str:
    if grey is None:
        return "(grey value - mean) / deviation, of the whole volume"
    return f"(grey value - {grey.mean:.6g}) / {grey.std:.6g}"


def _preprocessing(grey: Statistics | None) -> Values:
    if grey is not None:
        fixed = {"mean": grey.mean, "std": grey.std}
        return {"id": "fixed_zero_mean_unit_variance", "kwargs": fixed}
    # Over the whole volume, as in `segment`.
    return {
        "id": "zero_mean_unit_variance",
        "kwargs": {"axes": ["channel", *SPACE], "eps": 1e-6},
    }


def _sentences(facts: PackageFacts) -> str:
    networks = f"{facts.members} networks vote" if facts.members > 1 else "a network"
    pairs = "; tells touching cells apart by affinities" if facts.affinities else ""
    return (
        f"Labels every voxel of volume electron micrographs as one of "
        f"{len(facts.scheme)} classes: {', '.join(facts.scheme.names)}. Learned at "
        f"voxels of {format_spacing(facts.spacing_nm)} (z, y, x); {networks}{pairs}."
    )[:1024]


def _tags(facts: PackageFacts) -> list[str]:
    of_classes = ["-".join(re.findall(r"\w+", n)) for n in facts.scheme.names]
    general = ["electron-microscopy", "3d", "cells", "semantic-segmentation", "unet"]
    return [*general, "pytorch", "volume-em", "densecell", *of_classes]


def _input(facts: PackageFacts, files: PackageFiles) -> Values:
    sizes = zip(facts.sizes.least, facts.sizes.step, strict=True)
    sized = [{"min": least, "step": step} for least, step in sizes]
    axes: list[Values] = [
        {"type": "batch"},
        {"type": "channel", "channel_names": ["intensity"]},
    ]
    for axis, size in zip(_space(facts), sized, strict=True):
        axes.append(axis | {"size": size, "concatenable": True})
    return {
        "id": RAW,
        "description": "grey values of any range and type",
        "axes": axes,
        "data": {"type": "float32"},
        "test_tensor": files.tensors[RAW],
        "preprocessing": [_preprocessing(facts.grey)],
    }


def _output(name: str, facts: PackageFacts, files: PackageFiles) -> Values:
    axes: list[Values] = [
        {"type": "batch"},
        {"type": "channel", "channel_names": _channels(name, facts)},
    ]
    lost_and_halo = zip(facts.sizes.lost, facts.sizes.halo, strict=True)
    for axis, (lost, halo) in zip(_space(facts), lost_and_halo, strict=True):
        size = {"tensor_id": RAW, "axis_id": axis["id"], "offset": -2 * lost}
        axes.append(axis | {"size": size} | ({"halo": halo} if halo else {}))
    return {
        "id": name,
        "description": {
            PROBABILITIES: "of each class; the highest is the label",
            AFFINITIES: "that a voxel and the one at an offset z y x are of one cell",
        }[name],
        "axes": axes,
        "data": {"type": "float32", "range": [0.0, 1.0]},
        "test_tensor": files.tensors[name],
    }


def _channels(name: str, facts: PackageFacts) -> list[str]:
    if name == PROBABILITIES:
        return list(facts.scheme.names)
    return ["same cell at {} {} {}".format(*offset) for offset in facts.affinities]


def _space(facts: PackageFacts) -> Sequence[Values]:
    return [
        {"type": "space", "id": name, "unit": "nanometer", "scale": scale}
        for name, scale in zip(SPACE, facts.spacing_nm, strict=True)
    ]
