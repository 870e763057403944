"""The figures of single fits, which compare their draws with the exact posterior."""

from funnel_study.figures.registry.figure import FitFigure

REGIONS = (
    "The black lines enclose the regions of highest density that contain 50 % and 95 % of the "
    "exact posterior."
)


FIT_FIGURES = {
    "data": FitFigure(
        "fit.data",
        "Data",
        "Observations of every individual (grey), the true theta (purple), and the exact "
        "posterior median and central 90 % interval of theta (black).",
        "data set",
    ),
    "traces": FitFigure(
        "fit.traces",
        "Traces and densities",
        "Traces of mu, tau, and eta of each noncentered individual or theta of each other one, "
        "by chain. Their densities are drawn sideways on the right, with the exact posterior "
        "density in black. Ticks below a trace mark divergent draws.",
        "fit",
    ),
    "autocorrelation": FitFigure(
        "fit.autocorrelation",
        "Autocorrelation",
        "Autocorrelation of the draws of every chain, by lag. A slow decay means that successive "
        "draws carry little new information. A chain that never moved is drawn at 1.",
        "fit",
    ),
    "funnels_theta": FitFigure(
        "funnels.funnels",
        "Theta against log tau",
        "Draws of theta against log tau, with one panel per centered individual (or per "
        "individual, if none is centered). "
        f"{REGIONS} Yellow points are divergent draws.",
        "fit",
        arguments={"kind": "theta"},
    ),
    "funnels_eta": FitFigure(
        "funnels.funnels",
        "Eta against log tau",
        "Draws of eta = (theta - mu) / tau against log tau, with one panel per noncentered "
        "individual (or per individual, if none is noncentered). "
        f"{REGIONS} Yellow points are divergent draws.",
        "fit",
        arguments={"kind": "eta"},
    ),
    "mu_and_log_tau": FitFigure(
        "funnels.mu_and_log_tau",
        "Mu against log tau",
        "Draws of mu against log tau, with the marginal densities of both. "
        f"{REGIONS} Yellow points are divergent draws.",
        "fit",
    ),
    "overlaid_funnels": FitFigure(
        "funnels.overlaid_funnels",
        "Theta against log tau, overlaid",
        f"Draws of theta against log tau from fits with two parameterizations. {REGIONS}",
        "pair",
    ),
    "posterior_predictive": FitFigure(
        "fit.posterior_predictive",
        "Posterior predictive",
        "Posterior predictive density of a new observation of every individual from fits with "
        "two parameterizations, one on each side, with the observations as points. The black "
        "outline is the exact posterior predictive density.",
        "pair",
    ),
    "tau": FitFigure(
        "fit.tau",
        "Prior and posteriors of tau",
        "Prior density of tau, its posterior density estimated with each parameterization, and "
        "its exact posterior density. The dotted line marks the true tau, where it is known.",
        "all",
    ),
    "mu_and_log_tau_side_by_side": FitFigure(
        "funnels.mu_and_log_tau",
        "Mu against log tau",
        "Draws of mu against log tau for every parameterization, with their marginal densities. "
        f"{REGIONS} Yellow points are divergent draws.",
        "all",
    ),
    "model": FitFigure(
        "model_graph.dot",
        "Model",
        "Graph of the model in the parameterization of this fit. Ellipses are the quantities "
        "that NUTS samples, boxes are computed from them, and grey nodes are observed.",
        "fit",
        format="svg",
    ),
}
