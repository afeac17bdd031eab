import hashlib
import io
import zipfile

import numpy as np
import pytest

from densecell.config import ProjectConfig, VolumeEntry, load_settings
from densecell.datasets.fetch import DATASETS, fetch_dataset, find_dataset
from densecell.datasets.public import Digest, PublicDataset, check_files
from densecell.errors import DatasetError, OutputError

NAMES = ("raw/image.npy", "raw/labels.npy")


def packed_bytes(names=NAMES):
    """A zip archive of two small volumes, and the checksums of its files."""
    out, digests = io.BytesIO(), {}
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            file = io.BytesIO()
            np.save(file, np.zeros((2, 3, 4), np.uint8))
            packed.writestr(zipfile.ZipInfo(f"top/{name}"), file.getvalue())
            value = hashlib.sha256(file.getvalue()).hexdigest()
            digests[name] = Digest(algorithm="sha256", value=value)
    return out.getvalue(), digests


CONTENT, DIGESTS = packed_bytes()


def lay_out(source, out):
    check_files(source, DIGESTS, remedy="again")
    for name in NAMES:
        (out / name.removeprefix("raw/")).write_bytes((source / name).read_bytes())
    entry = {"image": "image.npy", "labels": "labels.npy", "spacing_nm": (50, 4, 4)}
    return (
        VolumeEntry.model_validate(entry | {"z": (0, 1)}),
        VolumeEntry.model_validate(entry | {"z": (1, 2), "role": "eval"}),
    )


@pytest.fixture
def dataset(server):
    server.content = CONTENT
    return PublicDataset(
        name="tiny",
        title="two slices",
        url=server.url,
        archive=None,
        root="top",
        files=DIGESTS,
        most_bytes=10_000,
        homepage="https://example.org",
        licence="Do as you like.",
        citation="Nobody",
        classes="platelet",
        spacing_nm=(50, 4, 4),
        lay_out=lay_out,
    )


@pytest.fixture
def fetched(dataset, tmp_path):
    """Fetch into a folder of its own, beside which nothing may be left."""

    def run(**more):
        out = tmp_path / "here" / "tiny"
        return fetch_dataset(dataset, out, allow_loopback_http=True, **more)

    return run


def beside(tmp_path):
    return sorted(p.name for p in (tmp_path / "here").iterdir())


def test_a_data_set_becomes_a_project(fetched, tmp_path):
    folder, fresh = fetched()

    assert fresh
    assert beside(tmp_path) == ["tiny"]
    assert sorted(p.name for p in folder.iterdir()) == [
        "LICENCE.txt",
        "image.npy",
        "labels.npy",
        "project.yaml",
    ]
    config = load_settings(folder / "project.yaml", ProjectConfig)
    assert [v.role for v in config.volumes] == ["train", "eval"]
    assert "\nclasses: platelet\n" in (folder / "project.yaml").read_text()
    text = (folder / "LICENCE.txt").read_text()
    for part in ("Do as you like.", "Nobody", "https://example.org"):
        assert part in text


def test_the_same_again_does_nothing(server, fetched):
    fetched()

    assert not fetched().is_new
    assert len(server.asked) == 1


def test_a_broken_download_is_gone_on_with(server, fetched, tmp_path):
    server.stop_after = 200
    with pytest.raises(DatasetError, match="stopped after 200 of"):
        fetched()
    assert beside(tmp_path) == [".tiny.fetch"]
    server.stop_after = None

    fetched()

    assert server.asked[1]["Range"] == "bytes=200-"
    assert beside(tmp_path) == ["tiny"]


@pytest.mark.parametrize("content", [b"no zip at all", packed_bytes(NAMES[:1])[0]])
def test_a_wrong_archive_is_not_kept(server, fetched, tmp_path, content):
    server.content = content
    with pytest.raises(DatasetError, match=r"not a readable zip|lacks top/raw"):
        fetched()
    server.content = CONTENT

    assert fetched().is_new


def test_files_that_were_changed_are_refused_and_not_kept(server, fetched, tmp_path):
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as packed:
        for name in NAMES:
            packed.writestr(f"top/{name}", "other")
    server.content = changed.getvalue()

    with pytest.raises(
        DatasetError, match=r"image.npy: sha256 is .*, expected .*; again"
    ):
        fetched()

    assert beside(tmp_path) == []


def test_a_copy_on_disk_needs_no_network(server, fetched, tmp_path):
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as packed:
        packed.extractall(tmp_path / "copy")

    folder, _ = fetched(source=tmp_path / "copy" / "top")

    assert server.asked == []
    assert (folder / "image.npy").exists()
    assert (tmp_path / "copy" / "top" / "raw" / "image.npy").exists()


def test_the_archive_itself_will_do_as_a_copy(server, fetched, tmp_path):
    archive = tmp_path / "by-hand.zip"
    archive.write_bytes(CONTENT)

    folder, _ = fetched(source=archive)

    assert server.asked == []
    assert (folder / "labels.npy").exists()
    assert archive.exists()


def test_a_copy_that_is_not_there_is_said(fetched, tmp_path):
    with pytest.raises(
        DatasetError, match="nowhere: no such folder; pass --from FOLDER"
    ):
        fetched(source=tmp_path / "nowhere")
    assert beside(tmp_path) == []


def test_something_else_is_not_overwritten(fetched, tmp_path):
    (tmp_path / "here" / "tiny").mkdir(parents=True)
    (tmp_path / "here" / "tiny" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="tiny: holds something else; choose another"):
        fetched()
    assert beside(tmp_path) == ["tiny"]


def test_an_empty_folder_is_filled(fetched, tmp_path):
    (tmp_path / "here" / "tiny").mkdir(parents=True)

    assert fetched().is_new


def test_overwrite_replaces_its_own_files_and_leaves_the_others(fetched):
    folder, _ = fetched()
    (folder / "models").mkdir()
    (folder / "models" / "weights").write_text("hours of work")
    (folder / "image.npy").write_bytes(b"broken")

    _, fresh = fetched(overwrite=True)

    assert fresh
    assert (folder / "models" / "weights").read_text() == "hours of work"
    np.testing.assert_array_equal(np.load(folder / "image.npy"), np.zeros((2, 3, 4)))


def test_a_place_that_cannot_be_written_is_said(dataset, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r".tiny.fetch: cannot be written \("):
        fetch_dataset(dataset, tmp_path / "file" / "tiny")


def test_a_full_disk_is_said_and_leaves_nothing(dataset, tmp_path):
    def fails(source, out):
        raise OSError(28, "No space left on device")

    full = dataset.model_copy(update={"lay_out": fails})
    sentence = (
        r".tiny.fetch: cannot be written \(No space left on device: \d+ of \d+ MB f"
    )
    with pytest.raises(OutputError, match=sentence):
        fetch_dataset(full, tmp_path / "tiny", source=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_refused_with_the_known_ones():
    assert find_dataset("platelet").name == "platelet"
    sentence = "no data set 'plate'; there are: drosophila-vnc, platelet"
    with pytest.raises(DatasetError, match=sentence):
        find_dataset("plate")


@pytest.mark.parametrize("name", ["drosophila-vnc", "platelet"])
def test_every_data_set_says_where_it_is_from(name):
    known = DATASETS[name]

    assert known.url.startswith("https://")
    assert known.files
    for part in (known.title, known.licence, known.citation, known.url):
        assert part in known.licence_text()
