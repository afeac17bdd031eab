"""What `bioimageio.yaml` says of a network: its axes, pre-processing, classes, origin.

Plain values, as the format has them; lengths are in nanometres.

.. [1] Ouyang et al. 2022, BioImage Model Zoo, doi:10.1101/2022.06.07.495102.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from densecell import __version__
from densecell.classes import ClassScheme
from densecell.export.network import Sizes
from densecell.geometry import Shape, Spacing, format_spacing
from densecell.report.model.card import Terms

METHOD = {
    "text": "Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural "
    "network ensembles, Scientific Reports 11:2561",
    "doi": "10.1038/s41598-021-81590-0",
}
RAW, PROBABILITIES, AFFINITIES = "raw", "probabilities", "affinities"
SPACE = ("z", "y", "x")
Values = dict[str, Any]


class Subject(NamedTuple):
    """What a package is of.

    Parameters
    ----------
    name
        Of the model.
    members
        Networks that vote inside.
    scheme, spacing_nm, affinities
        As the ensemble's.
    sizes
        Of the windows that it takes.
    parameters
        Weights of all members.
    """

    name: str
    members: int
    scheme: ClassScheme
    spacing_nm: Spacing
    affinities: tuple[Shape, ...]
    sizes: Sizes
    parameters: int

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, in the order in which the network gives them."""
        return (PROBABILITIES, AFFINITIES) if self.affinities else (PROBABILITIES,)


class Files(NamedTuple):
    """The files of a package, each with its SHA-256, as the format names files."""

    onnx: Values
    torchscript: Values
    documentation: Values
    cover: Values
    tensors: dict[str, Values]  # of the test, by the name of the tensor


def describe(
    subject: Subject,
    files: Files,
    terms: Terms,
    *,
    version: str,
    torch: str,
    opset: int,
) -> Values:
    """Give the content of `bioimageio.yaml`.

    Parameters
    ----------
    subject, files, terms
        What is shared.
    version
        Of the format.
    torch, opset
        Versions that the weights were written with.
    """
    return {
        "type": "model",
        "format_version": version,
        "name": subject.name,
        "description": _in_words(subject),
        "authors": [{"name": name} for name in terms.authors],
        "license": terms.licence,
        "cite": [
            METHOD,
            *({"text": f"doi:{doi}", "doi": doi} for doi in terms.cite),
        ],
        "tags": _tags(subject),
        "documentation": files.documentation,
        "covers": [files.cover],
        "inputs": [_input(subject, files)],
        "outputs": [_output(name, subject, files) for name in subject.outputs],
        "weights": {
            "onnx": files.onnx | {"opset_version": opset, "parent": "torchscript"},
            "torchscript": files.torchscript | {"pytorch_version": torch},
        },
        "config": {
            "bioimageio": {
                "modality": "electron microscopy",
                "task": "semantic segmentation",
                "target_structure": list(subject.scheme.names),
                "model_parameter_count": subject.parameters,
            },
            "densecell": facts(subject) | {"version": __version__},
        },
    }


def facts(subject: Subject) -> Values:
    """Give what the format has no place for: ids, colours, roles, offsets of pairs."""
    return {
        "classes": subject.scheme.as_settings(),
        "spacing_nm": list(subject.spacing_nm),
        "members": subject.members,
        "affinities": [list(offset) for offset in subject.affinities],
        "normalisation": "(grey value - mean) / deviation, of the whole volume",
    }


def _in_words(subject: Subject) -> str:
    networks = (
        f"{subject.members} networks vote" if subject.members > 1 else "a network"
    )
    pairs = "; tells touching cells apart by affinities" if subject.affinities else ""
    return (
        f"Labels every voxel of volume electron micrographs as one of "
        f"{len(subject.scheme)} classes: {', '.join(subject.scheme.names)}. Learned at "
        f"voxels of {format_spacing(subject.spacing_nm)} (z, y, x); {networks}{pairs}."
    )[:1024]


def _tags(subject: Subject) -> list[str]:
    of_classes = ["-".join(re.findall(r"\w+", n)) for n in subject.scheme.names]
    general = ["electron-microscopy", "3d", "cells", "semantic-segmentation", "unet"]
    return [*general, "pytorch", "volume-em", "densecell", *of_classes]


def _input(subject: Subject, files: Files) -> Values:
    sizes = zip(subject.sizes.least, subject.sizes.step, strict=True)
    sized = [{"min": least, "step": step} for least, step in sizes]
    axes: list[Values] = [
        {"type": "batch"},
        {"type": "channel", "channel_names": ["intensity"]},
    ]
    for axis, size in zip(_space(subject), sized, strict=True):
        axes.append(axis | {"size": size, "concatenable": True})
    return {
        "id": RAW,
        "description": "grey values of any range and type",
        "axes": axes,
        "data": {"type": "float32"},
        "test_tensor": files.tensors[RAW],
        # Of the whole volume, as `segment` does, though it is computed tile by tile.
        "preprocessing": [
            {
                "id": "zero_mean_unit_variance",
                "kwargs": {"axes": ["channel", *SPACE], "eps": 1e-6},
            }
        ],
    }


def _output(name: str, subject: Subject, files: Files) -> Values:
    axes: list[Values] = [
        {"type": "batch"},
        {"type": "channel", "channel_names": _channels(name, subject)},
    ]
    lost_and_halo = zip(subject.sizes.lost, subject.sizes.halo, strict=True)
    for axis, (lost, halo) in zip(_space(subject), lost_and_halo, strict=True):
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


def _channels(name: str, subject: Subject) -> list[str]:
    if name == PROBABILITIES:
        return list(subject.scheme.names)
    return ["same cell at {} {} {}".format(*offset) for offset in subject.affinities]


def _space(subject: Subject) -> Sequence[Values]:
    return [
        {"type": "space", "id": name, "unit": "nanometer", "scale": scale}
        for name, scale in zip(SPACE, subject.spacing_nm, strict=True)
    ]
