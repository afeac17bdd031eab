"""Results in a browser (neuroglancer) and in napari.

::

    open_contents -> Contents -> viewer_state -> Server    `densecell view`
                              -> napari_reader             a drop onto napari

What a result lacks is listed and left out. `viewer.server` needs the extra `view`.
"""

from densecell.viewer.addresses import Addresses, Place, Published
from densecell.viewer.contents import Contents, open_contents, open_true_labels
from densecell.viewer.state import Truth, viewer_state

__all__ = [
    "Addresses",
    "Contents",
    "Place",
    "Published",
    "Truth",
    "open_contents",
    "open_true_labels",
    "viewer_state",
]
