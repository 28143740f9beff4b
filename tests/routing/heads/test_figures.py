"""Figures of a head on queries that it has not seen."""

from __future__ import annotations

import numpy as np

from tests.routing.worlds import logistic_world
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.routing.heads.figures import held_out_figures
from upcall.routing.heads.training import train_head
from upcall.routing.tables.outcome_table import Split

TABLE = logistic_world(1500)[0]
HEAD = train_head(TABLE, stage=RouterStage.POST)
CALIBRATION = TABLE.split(Split.CALIBRATION)


def test_figures_of_each_task() -> None:
    own = held_out_figures(HEAD, TABLE)
    assert own is not None
    assert set(own.tasks) == {"easy", "hard"}
    assert sum(one.queries for one in own.tasks.values()) == own.whole.queries == 500
    assert np.isnan(own.kept_share)
    assert held_out_figures(HEAD, TABLE.select(TABLE.splits != Split.TEST)) is None
