from typer.testing import CliRunner

from densecell.cli.main import app


def test_a_card_is_written_where_it_is_said(trained, tmp_path):
    model, card = trained / "models" / "tiny", tmp_path / "card.md"

    words = ["model-card", str(model), "-o", str(card), "--licence", "CC-BY-4.0"]
    outcome = CliRunner().invoke(app, [*words, "--author", "A", "--author", "B"])

    assert outcome.exit_code == 0
    assert outcome.output == (
        f"{card}: read its limits; next `densecell export {model} --help`\n"
    )
    assert "- Licence: CC-BY-4.0.\n- Authors: A, B." in card.read_text(encoding="utf-8")
