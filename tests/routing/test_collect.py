from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.routing.data import write_data
from tests.tiny_bundle import HIDDEN
from upcall.edge_runtime.bundle import open_bundle
from upcall.edge_runtime.cloud import CloudQuestion
from upcall.edge_runtime.conversation import Message, Role
from upcall.edge_runtime.decision.features import STATISTICS, feature_count
from upcall.edge_runtime.engines.opening import open_model
from upcall.edge_runtime.errors import EscalationError, EscalationReason, InputError
from upcall.edge_runtime.language_model.engine import RouterStage
from upcall.edge_runtime.redaction import Detector
from upcall.edge_runtime.session import Session
from upcall.edge_runtime.testing import TURN_END_ID, ScriptedCloud, ScriptedEngine, chatml_model, says
from upcall.routing.cli.collect import app
from upcall.routing.collect import AskTier, Journal, Outcome, assemble, cloud_tier, collect, device_tier, feature_names
from upcall.routing.datasets.tasks import Query, load_queries
from upcall.routing.tables.outcome_table import Split
from upcall.routing.tables.parquet import read_table

ABOUT = {"recipe": "r"}


@pytest.fixture
def queries(tmp_path: Path) -> tuple[Query, ...]:
    return load_queries(["addition", "extraction"], data=write_data(tmp_path / "data"), count=6, seed=0)


@pytest.fixture
def tiers(tiny_bundle: Path) -> Callable[[ScriptedCloud], dict[str, AskTier]]:
    bundle = open_bundle(tiny_bundle)

    def make(cloud: ScriptedCloud) -> dict[str, AskTier]:
        session = Session(
            model=chatml_model(ScriptedEngine(says(bundle.tokenizer, "no")), bundle.tokenizer),
            threshold=None,
            detector=Detector(),
            cloud=cloud,
        )
        device = device_tier("device", open_model(bundle, threads=1))
        return {"device": device, "large": cloud_tier("large", session, pause_s=0)}

    return make


def copies(question: CloudQuestion) -> list[str]:
    """Says the placeholder or the sum that it is asked about."""
    text = question.redacted.messages[-1].content
    if "[[" in text:
        return [text[text.index("[[") : text.index("]]") + 2]]
    return [str(sum(int(word) for word in text.rstrip("?").split() if word.isdigit()))]


def test_every_tier_answers_every_question_once(
    queries: tuple[Query, ...], tiers: Callable[[ScriptedCloud], dict[str, AskTier]], tmp_path: Path
) -> None:
    cloud = ScriptedCloud(copies)
    journal = Journal(tmp_path / "j", ABOUT)
    asked = tiers(cloud)
    outcomes = list(collect(queries, asked, journal, masks=lambda query: query.task == "extraction"))
    assert len(outcomes) == 24
    assert list(collect(queries, asked, Journal(tmp_path / "j", ABOUT), masks=lambda _: False)) == []
    assert len(cloud.questions) == 12
    leaked = [one.redacted.messages[-1].content for one in cloud.questions if "@x.io" in repr(one.redacted.messages)]
    assert not leaked, "private words are masked on the way to a cloud"
    table = assemble(
        queries,
        list(asked),
        Journal(tmp_path / "j", ABOUT),
        costs={"device": 0.1, "large": 1.0},
        hidden_size=HIDDEN,
        detector=Detector(),
        about=ABOUT,
    )
    assert table.quality[:, 1].tolist() == [1.0] * 12
    assert set(table.splits) == set(Split)
    assert table.cost.tolist() == [[0.1, 1.0]] * 12
    assert table.private_tokens.tolist() == [-1] * 6 + [1] * 6
    assert table.detected_private_tokens.tolist() == [-1] * 6 + [1] * 6
    pre, post = (feature_count(stage, hidden_size=HIDDEN) for stage in RouterStage)
    assert table.features[0] is not None
    assert table.features[0].shape == (12, pre + post)
    names = table.feature_names[0]
    assert names == feature_names(HIDDEN)
    assert names[:4] == tuple(f"pre.{name}" for name in STATISTICS[RouterStage.PRE])
    input_tokens = np.exp(table.features[0][:, names.index("pre.log_input_tokens")])
    np.testing.assert_allclose(input_tokens, table.tokens_in[:, 0], rtol=1e-5)
    output_tokens = np.exp(table.features[0][:, names.index("post.log_output_tokens")])
    np.testing.assert_allclose(output_tokens, table.tokens_out[:, 0], rtol=1e-5)


def test_what_was_asked_before_a_failure_is_kept(
    queries: tuple[Query, ...], tiers: Callable[[ScriptedCloud], dict[str, AskTier]], tmp_path: Path
) -> None:
    broken = ScriptedCloud(copies, fail_after=0)
    with pytest.raises(EscalationError):
        list(collect(queries, tiers(broken), Journal(tmp_path / "j", ABOUT), masks=lambda _: False))
    assert len(broken.questions) == 4, "a call is tried again, three times"
    refused = ScriptedCloud(copies, fail_after=0, reason=EscalationReason.REFUSED)
    with pytest.raises(EscalationError):
        list(collect(queries, tiers(refused), Journal(tmp_path / "j", ABOUT), masks=lambda _: False))
    assert len(refused.questions) == 1
    journal = Journal(tmp_path / "j", ABOUT)
    assert len(journal.done) == 6
    with pytest.raises(InputError, match="No question was answered by every tier"):
        assemble(queries, ["device", "large"], journal, costs={}, hidden_size=HIDDEN, detector=Detector(), about=ABOUT)


def test_device_outcomes_are_right_after_a_call_that_failed(tiny_bundle: Path) -> None:
    """A failed call is answered on the device, in the same cache that the device's tier reads with."""
    bundle = open_bundle(tiny_bundle)
    read: list[tuple[int, ...]] = []

    def script(tokens: Sequence[int]) -> tuple[int, float]:
        read.append(tuple(tokens))
        return TURN_END_ID, 0.9

    model = chatml_model(ScriptedEngine(script), bundle.tokenizer)
    session = Session(model=model, threshold=None, detector=Detector(), cloud=ScriptedCloud(copies, fail_after=0))
    device, large = device_tier("device", model), cloud_tier("large", session, pause_s=0)
    first, second, third = (
        Query(f"q{n}", "addition", (Message(Role.USER, f"{n} + 1?"),), "1", Split.TEST, None, 8) for n in range(3)
    )
    device(first)
    with pytest.raises(EscalationError):
        large(second)
    for query in (third, first):
        device(query)
        assert read[-1] == model.answer(query.messages, max_output_tokens=1).prompt


def test_a_journal_survives_a_kill_and_refuses_another_collection(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path, ABOUT)
    for place in range(3):
        journal.add(Outcome(f"q{place}", "large", "a\nb", 1.0, 2, 3))
    path.write_bytes(path.read_bytes()[:-10])
    again = Journal(path, ABOUT)
    assert set(again.done) == {("q0", "large"), ("q1", "large")}
    again.add(Outcome("q2", "large", "c", 1.0, 2, 3))
    assert Journal(path, ABOUT).done["q2", "large"].answer == "c"
    with pytest.raises(InputError, match="another collection: recipe differ"):
        Journal(path, {"recipe": "s"})
    for text in ("", "[]\n", "nonsense\n", json.dumps({"about": ABOUT}) + "\n{}\n"):
        path.write_text(text)
        if text:
            with pytest.raises(InputError, match=r"no journal|another collection"):
                Journal(path, ABOUT)


def test_the_command_on_the_device_alone(tiny_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "t.parquet"
    command = ["--tasks", "addition", "--queries", "5", "--bundle", str(tiny_bundle), "--out", str(out), "--no-ner"]
    said = CliRunner().invoke(app, command)
    assert said.exit_code == 0, said.output
    assert "5 queries; right: device" in said.output
    first = read_table(out)
    assert (len(first), first.tiers) == (5, ("device",))
    assert CliRunner().invoke(app, [*command[:2], "--queries", "7", *command[4:]]).exit_code == 0
    more = read_table(out)
    assert more.query_ids[:5] == first.query_ids
    assert len(more) == 7


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--tier", "large"], "--tier is 'large'"),
        (["--tier", "device=127.0.0.1:1"], "--tier names 'device'"),
        (["--tier", "a=127.0.0.1:1", "--tier", "a=127.0.0.1:2"], "--tier names 'a' twice"),
        (["--cost", "device=cheap"], "--cost is 'device=cheap'"),
        (["--cost", "device=-1"], "--cost is 'device=-1'"),
        (["--cost", "device=nan"], "--cost is 'device=nan'"),
        (["--limit", "sst2=4"], "--limit is 'sst2=4'"),
        (["--allow", "large"], "--allow names the tier 'large'"),
        (["--tasks", "addition,poetry"], "No data are given"),
    ],
)
def test_command_lines_that_are_refused(arguments: list[str], text: str, tiny_bundle: Path, tmp_path: Path) -> None:
    command = ["--tasks", "addition", "--bundle", str(tiny_bundle), "--out", str(tmp_path / "t.parquet"), "--no-ner"]
    said = CliRunner().invoke(app, [*command, *arguments])
    assert isinstance(said.exception, InputError)
    assert text in str(said.exception)
    assert not list(tmp_path.iterdir())
