from densecell.report.page import Notes, Picture, Section, Table
from densecell.report.page.markdown import markdown


def test_a_page_of_every_part():
    sections = [
        Section("First", "Say `a_b <c>` here.", [Notes(["one", "two"])]),
        Section(
            "Second",
            parts=[
                Table(["class", "IoU"], [["a|b", "0.5"]], caption="By class."),
                Picture(b"", "A slice.", address="member_00/example.png"),
                Picture(b"", "Of nobody's concern."),
            ],
        ),
    ]

    assert markdown("A title", "A lead.", sections) == (
        "# A title\n\nA lead.\n\n"
        "## First\n\nSay `a_b <c>` here.\n\n- one\n- two\n\n"
        "## Second\n\n| class | IoU |\n| --- | --- |\n| a\\|b | 0.5 |\n\nBy class.\n\n"
        "![A slice.](<member_00/example.png>)\n"
    )


def test_names_cannot_become_markup():
    sections = [Section("*S*", "<b> [x](y)\n# no", [Notes(["_a_ a_b ~~c~~"])])]

    assert markdown("# t", "l", sections) == (
        "# \\# t\n\nl\n\n## \\*S\\*\n\n\\<b\\> \\[x\\](y) \\# no\n\n"
        "- \\_a\\_ a_b \\~\\~c\\~\\~\n"
    )
