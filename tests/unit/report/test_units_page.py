"""The page on the unit of the data: every number is that of a table."""

from collections.abc import Callable

from small_reports import Report

from funnel_study.analysis.performance import comparisons
from funnel_study.report.numbers import number, ratio
from funnel_study.report.units_page import units_page


def test_the_page_shows_works_ratios_and_centeredness(made: Callable[[str], Report]) -> None:
    tables = dict(made("a sweep of units").contents.tables)
    fits = tables["fits"]
    tables["comparisons"] = comparisons(fits, tables["estimates"], tables["errors"])
    page = " ".join(units_page("units", tables, tune=345).split())
    for work in tables["sweep"].query("estimand == 'worst'")["work"]:
        assert f", {number(work)} |" in page
    pair = "versus == 'half' and estimand == 'worst' and measure == 'log_work'"
    ratios = tables["comparisons"].query(pair)
    for log in ratios["difference"]:
        assert f"| {ratio(log)} (" in page
    for _, of_sampler in ratios.groupby("sampler"):
        assert f"is {ratio(of_sampler['difference'].max())} (" in page
    vip = fits.query("parameterization == 'vip'")
    for mean in vip.groupby("scenario")["centeredness"].mean():
        assert f"| {number(mean)} |" in page
    small = fits["scenario"].str.endswith("unit-0.1") & (fits["parameterization"] == "half")
    for _, of_sampler in fits[small].groupby("sampler"):
        assert f"{number(of_sampler['rhat_max'].max())} by " in page
    assert "After 345 tuning iterations" in page
    assert "nan" not in page
