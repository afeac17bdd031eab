import json
import zipfile

import numpy as np
import pytest
import torch

from densecell.export.weights import write_onnx

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")


def shapes(sizes):
    """Sizes of windows other than the traced one, different in z, y and x."""
    z, y, x = sizes.least
    return [(z, y, x), (z + 2, y + sizes.step[1], x + 3 * sizes.step[2])]


def expected(network, windows):
    with torch.inference_mode():
        said = network(torch.from_numpy(windows))
    return [said] if isinstance(said, torch.Tensor) else list(said)


def same(found, wanted):
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert other.std() > 1e-3
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_onnx_says_what_the_network_says_at_any_size(written, noise):
    network, sizes, folder = written
    session = runtime.InferenceSession(folder / "a.onnx")

    for batch, shape in enumerate(shapes(sizes), 1):
        windows = noise(batch, shape)
        same(session.run(None, {"raw": windows}), expected(network, windows))


@pytest.mark.filterwarnings("ignore:`torch.jit.load` is deprecated")
def test_torchscript_says_what_the_network_says_at_any_size(written, noise):
    network, sizes, folder = written
    loaded = torch.jit.load(folder / "a.pt")

    for batch, shape in enumerate(shapes(sizes), 1):
        windows = noise(batch, shape)
        same(expected(loaded, windows), expected(network, windows))


def test_onnx_holds_the_facts(written):
    model = onnx.load(written[2] / "a.onnx")

    assert {p.key: json.loads(p.value) for p in model.metadata_props} == {"members": 2}


def test_no_file_tells_of_the_folders_of_this_machine(written):
    _, _, folder = written
    with zipfile.ZipFile(folder / "a.pt") as packed:
        script = b"".join(packed.read(name) for name in packed.namelist())

    assert len(script) > 10_000
    for data in (script, (folder / "a.onnx").read_bytes()):
        assert b".py" not in data


def test_the_same_network_gives_the_same_onnx(voting, tmp_path):
    network = voting("padded")
    for name in ("a.onnx", "b.onnx"):
        example = torch.zeros(1, 1, 3, 56, 56)
        write_onnx(network, example, tmp_path / name, outputs=["p"], metadata={})

    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
