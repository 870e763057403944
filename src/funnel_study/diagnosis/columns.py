"""The columns of the tables of diagnosis, apart from the code that needs ArviZ to fill them."""

from __future__ import annotations

from funnel_study.files.tables import CELL_KEYS, FIT_KEYS

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}

FIT_COLUMNS = (
    *("status", "divergences", "bfmi_min", "step_size", "max_tree_depth_hits", "acceptance"),
    *("rhat_max", "ess_bulk_min", "ess_tail_min"),
    *("leapfrog_steps", "tuning_leapfrog_steps", "choosing_gradients"),
    *("sampling_seconds", "centeredness", "data_weight", "message"),
)
CHAIN_COLUMNS = (
    *("divergences", "bfmi", "step_size", "last_tuned_step_size", "acceptance"),
    *("leapfrog_steps", "tuning_leapfrog_steps", "divergent_log_tau_rank", "moves"),
)
# of an estimate beside the exact posterior and the true value
ERROR_COLUMNS = (
    *("exact_mean", "exact_sd", *(f"exact_{name}" for name in QUANTILES)),
    *("z_score", *(f"error_{name}" for name in QUANTILES)),
    *("ks", "wasserstein", "mass_below_exact_q05", "exact_below_lowest", "rank"),
)
ESTIMATE_COLUMNS = (
    *("truth", "mean", "sd", "mcse_mean", *QUANTILES, "ess_bulk", "ess_tail", "rhat"),
    *(*ERROR_COLUMNS, "funnel", "tilt"),
)
DENSITY_COLUMNS = ("log_tau", "drawn", "exact")

# those of every table of the study that `collate` makes
TABLES = {
    "fits": [*FIT_KEYS, *FIT_COLUMNS],
    "chains": [*FIT_KEYS, "chain", *CHAIN_COLUMNS],
    "estimates": [*FIT_KEYS, "estimand", *ESTIMATE_COLUMNS],
    "densities": [*FIT_KEYS, *DENSITY_COLUMNS],
    "blocks": [
        *(*CELL_KEYS, "first_replicate", "replicates", "starting_seconds", "preparing_seconds")
    ],
    "versions": ["sampler", "package", "version"],
}
