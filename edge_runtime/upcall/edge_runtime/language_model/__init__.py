"""The small language model as it is asked: one owner of its engine, its tokenizer, template, sampling and generation."""
