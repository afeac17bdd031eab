import subprocess
import sys

import numpy as np

from densecell.compute import watched_memory


def test_the_most_memory_that_was_taken_is_known_after_it_was_freed():
    with watched_memory() as peak:
        filled = np.ones(50_000_000, np.uint8)
        peak.look()
        del filled

    assert 45e6 < peak.grown < 200e6
    assert peak.most >= peak.start


def test_children_are_counted():
    code = "import sys; x = bytearray(60_000_000); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    try:
        with watched_memory() as peak:
            while peak.grown < 40e6 and child.poll() is None:
                peak.look()
    finally:
        child.communicate()

    assert peak.grown >= 40e6
