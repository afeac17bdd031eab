import shutil

import numpy as np
import pytest

from densecell.geometry import Spacing
from densecell.report.events import write_events
from densecell.training import Example, load_member_settings, read_history

pytest.importorskip("tensorboard", reason="tensorboard is not installed")


def test_the_last_validation_can_be_read_back(tmp_path, trained):
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )

    source = trained / "models" / "tiny" / "member_00"
    shutil.copy(source / "history.jsonl", tmp_path)
    zeros = np.zeros((20, 30), np.uint8)
    example = Example(zeros.astype(np.float32), zeros, zeros, Spacing(40, 10, 10))

    write_events(tmp_path, load_member_settings(source), example)

    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    (score,) = events.Scalars("MIoU/all")
    last = read_history(source)[-1]
    assert (score.step, score.value) == (last["step"], pytest.approx(last["miou_all"]))
    assert len(events.Images("example")) == 1
