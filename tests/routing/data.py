"""A folder of tiny data sets in the formats that the tasks read."""

from __future__ import annotations

import json
from pathlib import Path


def write_data(folder: Path) -> Path:
    """A few rows of every source."""
    for name in ("sst2", "trec", "gsm8k", "multiple_choice/boolq"):
        (folder / "tasks" / name).mkdir(parents=True)
    reviews = [f"{place % 2} review number {place} , déjà vu" for place in range(12)]
    for name in ("train", "test"):
        (folder / "tasks/sst2" / f"stsa.binary.{name}").write_text("\n".join(reviews) + "\n", encoding="utf-8")
    kinds = ("DESC:manner", "ENTY:animal", "HUM:ind", "LOC:city", "NUM:date", "ABBR:exp")
    questions = "".join(f"{kinds[place % 6]} Question {place} ?\n" for place in range(24))
    for name in ("TREC.train", "TREC.test"):
        (folder / "tasks/trec" / name).write_text(questions, encoding="latin-1")
    ask = "Please answer the following question with true or false, question: "
    claims = [
        {"instruction": f"{ask}is {place} even?\n\nAnswer format: true/false", "answer": str(place % 2 == 0).lower()}
        for place in range(8)
    ]
    for name in ("train.json", "test.json"):
        (folder / "tasks/multiple_choice/boolq" / name).write_text(json.dumps(claims))
    sums = ""
    for count in range(1, 7):
        solution = f"{count} + 1000 = <<{count}+1000={count + 1000}>>{count + 1000}\n#### {count + 1000:,}"
        sums += json.dumps({"question": f"Ann has {count} pens and buys 1,000.", "answer": solution}) + "\n"
    for name in ("train.jsonl", "test.jsonl"):
        (folder / "tasks/gsm8k" / name).write_text(sums)
    synthetic = folder / "pii" / "presidio-research"
    synthetic.mkdir(parents=True)
    sentences = []
    for place in range(12):
        start, name = "To ", f"p{place}@x.io"
        span = {
            "entity_type": "EMAIL_ADDRESS",
            "entity_value": name,
            "start_position": len(start),
            "end_position": len(start) + len(name),
        }
        sentences.append({"full_text": f"{start}{name}.", "spans": [span]})
    (synthetic / "synth_dataset_v2_dev.json").write_text(json.dumps(sentences))
    return folder
