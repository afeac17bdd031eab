"""Train the members of an ensemble on labelled volumes."""

from densecell.training.checkpoint import (
    WEIGHTS,
    load_json,
    load_weights,
    save_weights,
)
from densecell.training.data import CONTEXT, Data, load_data, load_eval
from densecell.training.data_record import DataRecord, VolumeRecord, read_data
from densecell.training.loop import TrainingRecord, read_history, train_member
from densecell.training.member import (
    MemberOutcome,
    MemberProgress,
    MemberSettings,
    Watch,
    load_member_settings,
    member_folder,
    read_outcome,
)
from densecell.training.members import (
    TrainingOptions,
    model_folder,
    train_members,
    train_model,
    train_on_cluster,
)
from densecell.training.origin import Origin
from densecell.training.resolve import Extension
from densecell.training.touching import learn_cells, suit_pairs
from densecell.training.validation import Example, Validator

__all__ = [
    "CONTEXT",
    "WEIGHTS",
    "Data",
    "DataRecord",
    "Example",
    "Extension",
    "MemberOutcome",
    "MemberProgress",
    "MemberSettings",
    "Origin",
    "TrainingOptions",
    "TrainingRecord",
    "Validator",
    "VolumeRecord",
    "Watch",
    "learn_cells",
    "load_data",
    "load_eval",
    "load_json",
    "load_member_settings",
    "load_weights",
    "member_folder",
    "model_folder",
    "read_data",
    "read_history",
    "read_outcome",
    "save_weights",
    "suit_pairs",
    "train_member",
    "train_members",
    "train_model",
    "train_on_cluster",
]
