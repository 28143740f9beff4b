"""The least threshold against trying every one; thresholds keep what they promise, and only where they may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.routing.worlds import logistic_world
from upcall.edge_runtime.errors import InputError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.protocol.v1 import bundle_pb2
from upcall.routing.evaluation.guarantee import Bound
from upcall.routing.heads.figures import held_out_figures
from upcall.routing.heads.scores import scores
from upcall.routing.heads.thresholds import KeptAccuracy, SmallLoss, between, described, least_threshold, with_threshold
from upcall.routing.heads.training import train_head
from upcall.routing.tables.outcome_table import Split

TABLE = logistic_world(1500)[0]
HEAD = train_head(TABLE, stage=RouterStage.POST)
CALIBRATION = TABLE.split(Split.CALIBRATION)


def test_the_least_threshold_is_found() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        scores = -random.integers(1, 12, size=15).astype(float)  # with ties
        quality = random.integers(0, 3, size=15) / 2
        target = random.random()
        good = [one for one in np.unique(scores) if quality[scores >= one].mean() >= target]
        assert least_threshold(scores, quality, target_kept_accuracy=target) == (min(good) if good else 0.0)


def test_a_threshold_between_keeps_the_same() -> None:
    scores = np.array([-0.1, -0.5, -0.9])
    assert between(scores, -0.5) == pytest.approx(-0.7)
    assert between(scores, -0.9) == -0.9
    assert between(scores, 0.0) == 0.0


def test_what_a_threshold_does() -> None:
    own = described([-0.1, -0.2, -0.3, -0.4], [1, 0.5, 1, 0], -0.25)
    assert (own.question_count, own.local_accuracy) == (4, 0.625)
    assert (own.kept_share, own.kept_accuracy) == (0.5, 0.75)
    assert own.auroc == 1.0
    assert described([-1.0], [1], -0.5).kept_accuracy == 0


@pytest.mark.parametrize("target", [0.7, 0.9])
def test_the_answers_kept_are_right_often_enough(target: float) -> None:
    head = with_threshold(HEAD, TABLE, KeptAccuracy(target=target), set_name="mine", set_sha256="0")
    assert head.threshold is not None
    told = head.threshold.calibration
    assert (told.set_name, told.set_sha256, told.question_count) == ("mine", "0", 500)
    assert told.target_kept_accuracy == target <= told.kept_accuracy
    kept = scores(head, CALIBRATION) >= head.threshold.value
    assert told.kept_share == pytest.approx(kept.mean())
    assert told.kept_accuracy == pytest.approx(CALIBRATION.quality[kept, 0].mean())
    # One answer more kept, and too many would be wrong.
    order = np.argsort(-scores(head, CALIBRATION))
    assert CALIBRATION.quality[order[: int(kept.sum()) + 1], 0].mean() < target
    assert np.abs(scores(head, CALIBRATION) - head.threshold.value).min() > 0


def test_a_stricter_target_keeps_less() -> None:
    kept = []
    for target in (0.6, 0.8, 0.95):
        threshold = with_threshold(HEAD, TABLE, KeptAccuracy(target=target)).threshold
        assert threshold is not None
        kept.append(threshold.calibration.kept_share)
    assert kept[0] > kept[1] > kept[2]


def test_a_small_loss_is_promised_and_kept() -> None:
    losses = {}
    for most in (0.02, 0.2):
        head = with_threshold(HEAD, TABLE, SmallLoss(most=most, delta=0.1))
        assert head.threshold is not None
        own = held_out_figures(head, TABLE)
        assert own is not None
        test = TABLE.split(Split.TEST)
        kept = scores(head, test) >= head.threshold.value
        losses[most] = (np.where(kept, test.quality[:, 2] - test.quality[:, 0], 0).mean(), own.kept_share)
        assert head.threshold.calibration.target_kept_accuracy == 0
    assert losses[0.2][0] <= 0.2
    assert losses[0.2][1] > losses[0.02][1]
    assert losses[0.2][1] > 0.1


def test_the_promise_holds_over_many_calibration_sets() -> None:
    """The head is fixed; the truth is that of all queries it was not trained on, of which calibration sets are drawn."""
    rest = TABLE.select(TABLE.splits != Split.TRAIN)
    train = np.flatnonzero(TABLE.splits == Split.TRAIN)
    others = np.flatnonzero(TABLE.splits != Split.TRAIN)
    own, loss = scores(HEAD, rest), rest.quality[:, 2] - rest.quality[:, 0]
    random = np.random.default_rng(0)
    broken = 0
    for _ in range(40):
        rows = np.concatenate([train, random.choice(others, 300)])
        ids = tuple(f"q{place}" for place in range(len(rows)))
        drawn = replace(
            TABLE.select(rows), query_ids=ids, splits=np.repeat(["train", "calibration"], [len(train), 300])
        )
        threshold = with_threshold(HEAD, drawn, SmallLoss(most=0.1, delta=0.1, bound=Bound.BETTING)).threshold
        assert threshold is not None
        broken += np.where(own >= threshold.value, loss, 0).mean() > 0.1
    assert broken <= 8  # of 40 with a chance of .1 each: more than 8 come once in 50


def test_nothing_can_be_promised() -> None:
    hopeless = replace(TABLE, quality=np.column_stack([np.zeros(len(TABLE)), TABLE.quality[:, 1:]]))
    for rule in (KeptAccuracy(), SmallLoss(most=0.01)):
        threshold = with_threshold(HEAD, hopeless, rule).threshold
        assert threshold is not None
        assert threshold.value == 0
        assert threshold.calibration.kept_share == 0


def test_a_head_may_decide_before_the_answer() -> None:
    head = with_threshold(train_head(TABLE, stage=RouterStage.PRE), TABLE, SmallLoss(most=0.1))
    assert head.threshold is not None
    assert head.threshold.signal == bundle_pb2.SIGNAL_ROUTER_PRE
    assert 0 < head.threshold.calibration.kept_share < 1


def test_what_is_refused() -> None:
    for head, table, rule, text in (
        (HEAD, replace(TABLE, about={}), KeptAccuracy(), "of another bundle"),
        (HEAD, TABLE.select(TABLE.splits != Split.CALIBRATION), KeptAccuracy(), "no queries of the split calibration"),
        (HEAD, TABLE.select(TABLE.splits != Split.TRAIN), SmallLoss(), "no queries of the split train"),
        (HEAD, TABLE.with_tiers([0]), SmallLoss(), "one tier"),
        (HEAD, TABLE, SmallLoss(most=1.5), "loss allowed is 1.5"),
        (HEAD, TABLE, SmallLoss(delta=0), "broken promise is 0"),
    ):
        with pytest.raises(InputError, match=text):
            with_threshold(head, table, rule)
    with pytest.raises(InputError, match=r"target accuracy is 1\.2"):
        KeptAccuracy(target=1.2)
