import commands

from densecell.networks import NetworkFacts
from densecell.networks.build import MAKERS


def run(*arguments):
    return commands.run("networks", *arguments).stdout


def test_networks_are_listed_as_published():
    text = run()

    assert "networks for 7 classes" in text
    for fact in ("11,372,270", "31,030,983", "3.58", "23 x 145 x 145"):
        assert fact in text


def test_options_reach_the_networks(monkeypatch):
    asked = []

    def facts(config, *, classes):
        asked.append((config.name, config.width, classes))
        return NetworkFacts(1234, 5e6, (1, 2, 3))

    monkeypatch.setattr("densecell.networks.network_facts", facts)

    text = run("--width", "2", "--classes", "3")

    assert asked == [(name, 2, 3) for name in MAKERS]
    assert "networks for 3 classes" in text
    assert "1,234" in text
    assert "5.00" in text
