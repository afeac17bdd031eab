"""Results that cannot be reported or viewed."""

import shutil

import numpy as np
from case import case

OBJECTS = "segmentation.zarr/labels/organelles"
TABLE = """\
layer,organelle_id,cell_id,class,voxels,volume_um3,touches_border
organelles,1,0,disc,7,0.028,false
organelles,2,0,disc,9,0.036,true
"""


@case("a page of a folder that is not there")
def _(at):
    return ["report", at / "no"]


@case("a page of what is no result")
def _(at):
    (at / "empty").mkdir()
    return ["report", at / "empty"]


@case("a page of a result without labels")
def _(at):
    shutil.rmtree(at.result() / "segmentation.zarr" / "labels" / "classes")
    return ["report", at / "result"]


@case("a page of a result whose labels are damaged")
def _(at):
    at.result()
    at.write("result/segmentation.zarr/labels/classes/zarr.json", "{")
    return ["report", at / "result"]


@case("a page with truth of another shape")
def _(at):
    truth = at.labels(array=np.zeros((6, 48, 40), np.uint8))
    return ["report", at.result(), "--truth", truth]


@case("a page from a table that was cut off")
def _(at):
    at.result()
    at.write("result/tables/organelles.csv", TABLE[:-9])
    return ["report", at / "result"]


@case("a page from a table with a word for a number")
def _(at):
    at.result()
    at.write("result/tables/organelles.csv", TABLE.replace(",7,", ",seven,"))
    return ["report", at / "result"]


@case("a page from a table that lost a column")
def _(at):
    at.result()
    at.write("result/tables/organelles.csv", TABLE.replace("voxels", "pixels"))
    return ["report", at / "result"]


@case("a page from an agreement that is damaged")
def _(at):
    at.result()
    at.write("result/agreement.json", "[]")
    return ["report", at / "result"]


@case("a page from scores that are no JSON")
def _(at):
    at.result()
    at.write("result/scores/truth.json", "{'miou_all': 1}")
    return ["report", at / "result"]


@case("a page with a mesh that is damaged")
def _(at):
    at.result()
    at.write("result/meshes/glb/organelle_1.glb", b"glTF, but not for long")
    header = "object,id,class,cell,triangles,volume_um3"
    at.write("result/meshes/meshes.csv", f"{header}\norganelle,1,disc,0,80,0.01\n")
    return ["report", at / "result"]


@case("a page in the place of a folder")
def _(at):
    at.result()
    at.write("result/report.html/notes.txt", "precious")
    return ["report", at / "result"]


@case("a view of what is no result")
def _(at):
    (at / "empty").mkdir()
    return ["view", at / "empty", "--no-browser"]


@case("a view of a result whose settings are damaged")
def _(at):
    at.result()
    at.write("result/run.yaml", "format: 1\n")
    return ["view", at / "result", "--no-browser"]


@case("a view of objects that are damaged")
def _(at):
    at.result()
    at.write(f"result/{OBJECTS}/zarr.json", "{")
    return ["view", at / "result", "--no-browser"]


@case("a view of a table that was cut off")
def _(at):
    at.result()
    at.write("result/tables/organelles.csv", TABLE[:-9])
    return ["view", at / "result", "--no-browser"]


@case("a view beside truth of another shape")
def _(at):
    truth = at.labels(array=np.zeros((6, 48, 40), np.uint8))
    return ["view", at.result(), "--truth", truth, "--no-browser"]


@case("a view written where something is")
def _(at):
    state = at.write("view.json", "precious")
    return ["view", at.result(), "--state", state]


@case("a view at a port that is in use")
def _(at):
    return ["view", at.result(), "--no-browser", "--port", at.port_in_use()]


@case("a view at a port that does not exist")
def _(at):
    return ["view", at.result(), "--no-browser", "--port", 70_000]
