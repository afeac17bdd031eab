"""Models that cannot be shared, and terms on which nobody could."""

from case import case

TERMS = ("--licence", "CC-BY-4.0", "--author", "Jane Doe")


def export(at, *options):
    return ["export", at.model(), "-o", at / "out", *(options or TERMS)]


@case("a model to export that is not there")
def _(at):
    return ["export", at / "no", "-o", at / "out", *TERMS]


@case("a model to export with weights of another network")
def _(at):
    words = export(at)
    path = at / "model" / "member_00" / "settings.yaml"
    path.write_text(path.read_text().replace("width: 2", "width: 3"))
    return words


@case("an export to where something is")
def _(at):
    at.write("out/notes.txt", "precious")
    return export(at)


@case("a licence that nobody knows")
def _(at):
    return export(at, "--licence", "CC-BY-4", "--author", "Jane Doe")


@case("an author who is a path")
def _(at):
    return export(at, "--licence", "MIT", "--author", "jane/doe")


@case("a work to cite without a DOI")
def _(at):
    return export(at, *TERMS, "--cite", "Doe 2026")


@case("a name that bioimage.io does not take")
def _(at):
    return export(at, *TERMS, "--name", "my: model")


@case("a card of what is no model")
def _(at):
    (at / "empty").mkdir()
    return ["model-card", at / "empty"]


@case("a card where one is")
def _(at):
    (at.model() / "model-card.md").write_text("precious")
    return ["model-card", at / "model"]


@case("a card of a kind that nobody writes")
def _(at):
    return ["model-card", at.model(), "-o", at / "card.pdf"]


@case("a damaged record of what a model learned from")
def _(at):
    (at.model() / "data.json").write_text("{")
    return ["model-card", at / "model"]
