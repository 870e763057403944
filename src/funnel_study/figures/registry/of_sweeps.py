"""The figures of sweeps and of the contest of rules with constants."""

from functools import partial

from funnel_study.figures.registry.figure import Figure

of_contest = partial(Figure, category="Contest", by_scenario=False)
of_sweep = partial(Figure, category="Sweep", tables=("sweep",), by_scenario=False)

OF_SWEEPS = {
    "contest_map": of_contest(
        "contest.best_map",
        "Best constant centeredness for the worst estimand",
        "Constant centeredness with the least work for the worst estimand, over two swept keys, "
        "with one panel per value of the other keys. It is the minimum of a quadratic in the log "
        "of the work, between 0 (blue, noncentered) and 1 (orange, centered). Where its 95 % "
        "bootstrap interval is wider than one half, the tile is pale. A line marks where the "
        "mean centeredness of a rule is one half. The numbers, with their intervals, are in "
        "summary/contest_best.csv.",
        tables=("contest_best", "contest"),
        needs="contest map",
    ),
    "contest_cost": of_contest(
        "contest.cost_map",
        "Cost of the worst constant centeredness",
        "Cost of choosing wrongly: the work of the worst constant centeredness divided by that "
        "of the best, for the worst estimand, over two swept keys. Both constants are chosen by "
        "one half of the chains and compared on the other half. The numbers, with their standard "
        "errors, are in summary/contest_best.csv.",
        tables=("contest_best",),
        needs="contest map",
    ),
    "contest_regret": of_contest(
        "contest.regret",
        "Work of each rule relative to the best constant",
        "Fraction of scenarios in which a parameterization takes at most a given multiple of the "
        "work of the best constant centeredness, with one panel per estimand. The best constant "
        "is chosen by one half of the chains and compared on the other half, so that luck does "
        "not make it look better than it is. Farther left is better.",
        tables=("contest",),
        needs="contest",
    ),
    "contest_map_by_estimand": of_contest(
        "contest.best_map",
        "Best constant centeredness by estimand",
        "Constant centeredness with the least work over two swept keys, with one column per "
        "estimand and one row per value of the other keys. The upper number is the best "
        "centeredness. The lower number is the work of the worst constant divided by that of the "
        "best.",
        tables=("contest_best",),
        needs="contest map",
    ),
    "sweep_best": of_sweep(
        "sweep.best_map",
        "The parameterization with the least work",
        "The parameterization with the least work at each point of the sweep, by estimand. The "
        "number is the work of the second best divided by the least. A point is pale if the log "
        "of this ratio is within two standard errors, so that the two cannot be told apart.",
        needs="map",
    ),
    "sweep_map": of_sweep(
        "sweep.work_map",
        "Work of each parameterization over the sweep",
        "The work of the worst estimand at each point of the sweep: the number of leapfrog "
        "steps, tuning included, that a parameterization needs to be as precise as one "
        "independent draw from the posterior, measured by the error of each chain against the "
        "exact posterior. Less is better.",
        needs="map",
    ),
    "sweep_work": of_sweep(
        "sweep.lines",
        "Work at each point",
        "The number of leapfrog steps, tuning included, that a parameterization needs to be as "
        "precise as one independent draw from the posterior, over the swept values. It is "
        "measured by the error of each chain against the exact posterior. The worst estimand is "
        "the one with the largest work at a point. Lines are 95 % intervals over data sets.",
        arguments={
            "value": "work",
            "label": "leapfrog steps for the precision of one independent draw",
            "scale": "log",
        },
        needs="sweep",
    ),
    "sweep_bias": of_sweep(
        "sweep.lines",
        "Squared bias at each point",
        "The squared bias that the chains of a fit share, apart from their noise, in exact "
        "posterior variances. The dashed line is the bound below which a parameterization "
        "qualifies. Estimates are unbiased, so they may be negative. The axis is linear near 0 "
        "and logarithmic beyond. Lines are 95 % intervals over data sets.",
        arguments={
            "value": "bias_squared",
            "label": "squared bias, exact posterior variances",
            "scale": "squared bias",
        },
        needs="sweep",
    ),
    "sweep_content": of_sweep(
        "sweep.lines",
        "Content of 90 % intervals at each point",
        "The exact posterior probability of the central 90 % intervals of the fits, mean over "
        "data sets. The dashed line is its value for a correct fit. Lines are 95 % intervals "
        "over data sets.",
        arguments={"value": "content_90", "label": "exact probability of the 90 % interval"},
        needs="sweep",
    ),
    "sweep_divergences": of_sweep(
        "sweep.lines",
        "Divergences at each point",
        "The mean number of divergent transitions of a fit, all chains together. The axis is "
        "linear near 0 and logarithmic beyond. Compare it with the figure of the squared bias: "
        "without divergences, a fit may still be biased.",
        arguments={
            "value": "divergences",
            "label": "divergent draws per fit, mean",
            "scale": "counts",
        },
        needs="sweep",
    ),
}
