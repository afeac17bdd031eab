"""Windows to logits: one network per file, with its paper."""

from densecell.networks.blocks import Heads
from densecell.networks.build import (
    NetworkFacts,
    build_network,
    network_facts,
)
from densecell.networks.convolutions import has_amx
from densecell.networks.device import best_device
from densecell.networks.interface import Network, offset_logits

__all__ = [
    "Heads",
    "Network",
    "NetworkFacts",
    "best_device",
    "build_network",
    "has_amx",
    "network_facts",
    "offset_logits",
]
