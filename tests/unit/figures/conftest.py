import pytest

from funnel_study.figures import theme


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw with fewer pixels than in a study, which is faster."""
    monkeypatch.setattr(theme, "DPI", 80)
