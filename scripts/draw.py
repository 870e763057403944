"""Draw figures of single fits of one data set; the name of each file says which figure."""

import argparse
from pathlib import Path

import xarray as xr

from funnel.priors import Priors
from funnel_study.figures.draw_fit import fit_plot
from funnel_study.figures.fit_draws import FitDraws, View
from funnel_study.figures.model_graph import dot, render
from funnel_study.figures.theme import save
from funnel_study.files.data_sets import from_xarray
from funnel_study.files.formats import load, open_netcdf, read_netcdf
from funnel_study.run.job_errors import run
from funnel_study.run.json_option import add_json_option


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the data, netCDF")
    parser.add_argument("--fits", nargs="*", default=[], help="draws by fit, netCDF")
    parser.add_argument("--scenario", required=True, help="the scenario's name, for titles")
    parser.add_argument("--replicate", type=int, required=True, help="the number of the data set")
    add_json_option(parser, "--priors", help="the priors of the model, JSON")
    add_json_option(parser, "--figures", help="what draws each figure, by name, JSON")
    parser.add_argument("--output", nargs="+", required=True, help="image files to write")
    arguments = parser.parse_args()
    replicate = arguments.replicate
    view = View(
        arguments.scenario,
        replicate,
        from_xarray(read_netcdf(arguments.data), replicate),
        Priors(**arguments.priors),
        read_netcdf(arguments.fits[0]).attrs["sampler"] if arguments.fits else "",
        [read_fit(path, replicate) for path in arguments.fits],
    )
    for output in arguments.output:
        figure = arguments.figures[Path(output).stem]
        if figure["function"] == "model_graph.dot":
            render(dot(view), output)
        else:
            save(fit_plot(figure["function"], figure["title"], view, **figure["arguments"]), output)


def read_fit(path: str, replicate: int) -> FitDraws:
    """Read the draws of one replicate, and no others, from a file of fits."""

    def part(group: str) -> xr.Dataset:
        with open_netcdf(path, group) as block:
            return load(block.sel(replicate=replicate))

    info, posterior, stats = (part(group) for group in ("/", "posterior", "sample_stats"))
    return FitDraws(
        parameterization=info.attrs["parameterization"],
        centeredness=info["centeredness"].to_numpy(),
        **{name: posterior[name].to_numpy() for name in ("mu", "tau", "theta", "z")},
        diverging=stats.get("diverging", stats["n_steps"] < 0).to_numpy().astype(bool),
        reports_divergences="diverging" in stats,
        message=str(info["message"].item()),
        sigma=posterior["sigma"].to_numpy() if "sigma" in posterior else None,
    )


if __name__ == "__main__":
    run(main)
