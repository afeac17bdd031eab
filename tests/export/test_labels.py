"""What others compute with an export is what `segment` writes."""

import numpy as np
import pytest
import torch

from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, load_ensemble, segment_volume
from densecell.export.network import Voting
from densecell.export.weights import write_onnx
from densecell.geometry import Box
from densecell.phantom import make_phantom
from densecell.volume import ArrayVolume, open_ome_zarr

runtime = pytest.importorskip("onnxruntime")
EXACT = InferenceConfig(engine="torch", precision="float32", threads=1)
TIES = 1e-4


def test_onnx_labels_tissue_as_segment_does(trained, tmp_path):
    tissue = make_phantom((6, 64, 72), seed=3).intensities
    ensemble = load_ensemble(trained / "models" / "tiny")
    volume = ArrayVolume(tissue, spacing_nm=(40, 10, 10))
    for _ in segment_volume(
        volume, ensemble, out=tmp_path / "out", request=SegmentRequest(inference=EXACT)
    ):
        pass
    labels = open_ome_zarr(
        tmp_path / "out" / "segmentation.zarr" / "labels" / "classes"
    )
    path, example = tmp_path / "a.onnx", torch.zeros(1, 1, 3, 56, 56)
    network = Voting(ensemble.networks)
    write_onnx(network, example, path, outputs=["probabilities"], metadata={})

    seen = ((tissue - tissue.mean()) / tissue.std()).astype(np.float32)
    (said,) = runtime.InferenceSession(path).run(None, {"raw": seen[None, None]})

    wanted = labels.read(Box.whole(tissue.shape))
    assert len(np.unique(wanted)) == 2
    found = ensemble.scheme.to_ids(said[0].argmax(0))
    assert (found != wanted).mean() <= TIES
