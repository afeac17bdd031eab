"""Result of a worker, or a sentence if it is lost with all that could replace it.

One lost worker is nothing: dask gives its work to another. It gives up when several end
one after another over the same piece of work, or when nobody is left to give it.
"""

import sys
from concurrent.futures import CancelledError, Future
from typing import TypeVar

from densecell.errors import ClusterError

Computed = TypeVar("Computed")


def result_of(future: "Future[Computed]") -> Computed:
    """Result of a worker; raises what it raised.

    Raises
    ------
    ClusterError
        If all workers that tried it were lost, or their scheduler is.
    """
    try:
        return future.result()
    except CancelledError:
        raise scheduler_lost() from None
    except Exception as error:
        dask = sys.modules.get("distributed")  # else it is no error of dask
        if dask is None or not isinstance(error, dask.KilledWorker):
            raise
        raise ClusterError(
            f"{error.allowed_failures + 1} workers were lost one after another over "
            f"it, the last one at {error.last_worker.address}; most often they have "
            "too little memory, or their jobs too little time"
        ) from None


def scheduler_lost() -> ClusterError:
    """Error of a scheduler that is gone, so that nobody hands out work."""
    return ClusterError(
        "the dask scheduler is lost; start it again with its workers, and give the "
        "same command again: what is finished is not done again"
    )
