from hypothesis import given
from hypothesis import strategies as st

from funnel.seeds import data_seed, fit_seed, seed_sequence

names = st.lists(st.text(max_size=5) | st.integers(0, 99), min_size=1, max_size=4)


def test_seeds_never_change() -> None:
    # if these values change, all stored results become irreproducible
    assert data_seed(20210716, "weak", 3).generate_state(2).tolist() == [2400686233, 781741154]
    assert fit_seed(20210716, "weak", "centered", "nutpie", 3) == 5107821962247081226


@given(names, names)
def test_different_names_give_different_seeds(one: list[str | int], other: list[str | int]) -> None:
    same = [str(name) for name in one] == [str(name) for name in other]
    assert (seed_sequence(1, *one).entropy == seed_sequence(1, *other).entropy) == same


def test_data_and_sampler_never_share_a_seed() -> None:
    data = {data_seed(1, "a", i).generate_state(1)[0] for i in range(500)}
    fits = {fit_seed(1, "a", "centered", "nutpie", i) for i in range(500)}
    assert len(data) == len(fits) == 500
    assert max(fits) < 2**63
    assert max(fits) > 2**60
    assert not data & fits
