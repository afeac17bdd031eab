"""Labelled volumes to weights."""

from densecell.training.checkpoint import load_weights
from densecell.training.loop import Record, read_history, train_member
from densecell.training.members import (
    Data,
    MemberSettings,
    Outcome,
    Progress,
    load_data,
    load_eval,
    load_member_settings,
    member_folder,
    read_outcome,
    train_members,
)
from densecell.training.validation import Validator

__all__ = [
    "Data",
    "MemberSettings",
    "Outcome",
    "Progress",
    "Record",
    "Validator",
    "load_data",
    "load_eval",
    "load_member_settings",
    "load_weights",
    "member_folder",
    "read_history",
    "read_outcome",
    "train_member",
    "train_members",
]
