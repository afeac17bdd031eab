"""From a project to cells, tables, meshes and a page: PROJECT IMAGE TRUTH OUT."""

import sys

import densecell

project, image, truth, out = sys.argv[1:]


def show(at):
    print(f"{at.stage}: {at.done} of {at.total}")


model = densecell.train(project, progress=show)
result = densecell.segment(image, model, out, progress=show)
print(f"mean IoU {densecell.evaluate(result, truth).scores.miou_all:.3f}")
result = densecell.measure(result, progress=show)
for row in result.table("classes"):
    print(row["class"], row["objects"], row["volume_um3"])
densecell.mesh(result)
print(densecell.write_report(result, truth=truth))
