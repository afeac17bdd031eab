"""How threads wait for each other: a moment awake, then asleep.

Torch's threads meet after each operation. By default each waits awake for a while. When
another program takes one of the cores, the others burn the time that the late thread
needs. `benchmarks/threads.py` measures the difference.
"""

import os
from collections.abc import MutableMapping

SPINS = "10000"  # rounds awake; GNU's OpenMP takes many more by default
CHOSEN = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")


def wait_asleep(environ: MutableMapping[str, str] = os.environ) -> None:
    """Let threads sleep soon, unless the user has chosen otherwise.

    Must run before torch is imported: OpenMP reads its settings once.
    """
    if not any(name in environ for name in CHOSEN):
        environ["GOMP_SPINCOUNT"] = SPINS
