import pytest

from benchmarks.spread import Spread, spread


def test_median_and_range() -> None:
    assert spread([3.0, 1.0, 10.0]) == Spread(median=3.0, low=1.0, high=10.0, count=3)
    assert spread([1.0, 2.0]).median == 1.5


def test_text_names_range_and_count() -> None:
    assert str(spread([1234.5, 7.0])) == "7 to 1,234 in 2 runs"
    assert str(spread([5.0])) == "one run"


def test_nothing_to_summarise() -> None:
    with pytest.raises(ValueError, match="no measurements"):
        spread([])
