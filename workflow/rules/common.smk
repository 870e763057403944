# What all rules share: the study, how a job runs an entry script, and the wildcards.
import re
from pathlib import Path

import yaml

# beside the Snakefile, or one folder above it
CHECKOUT = next(
    folder
    for folder in (Path(workflow.basedir), Path(workflow.basedir).parent)
    if (folder / "src" / "funnel").is_dir()
)

from funnel_study.figures import plan, registry
from funnel_study.run import session
from funnel_study.run.rules import COMMAND, StudyRules, fits_of_block
from funnel_study.run.snakemake_internals import deploys_software
from funnel_study.study import design, jobs, paths

session.end_briefly(workflow)
STUDY = session.study_of(workflow, config)
RULES = StudyRules(STUDY, CHECKOUT, deploys_software(workflow))
ROOT = RULES.folder
CELL = design.Cell("{scenario}", "{parameterization}", "{sampler}")
# the published study, and the scenarios of this one that repeat it
FACTS_FILE = f"{CHECKOUT}/workflow/resources/published.yaml"
FACTS = yaml.safe_load(Path(FACTS_FILE).read_text(encoding="utf-8"))
PUBLISHED = design.published_scenarios(STUDY, FACTS)
shell.prefix(RULES.shell_prefix)


def any_of(wildcard):
    return "|".join(map(re.escape, RULES.wildcards()[wildcard]))


wildcard_constraints:
    scenario=any_of("scenario"),
    parameterization=any_of("parameterization"),
    other=any_of("other"),
    sampler=any_of("sampler"),
    block=r"\d+(-\d+)?",
    replicate=r"\d+",


def with_labels(path, names):
    return report(
        path,
        category="Fits",
        subcategory="{scenario}, replicate {replicate}",
        labels={
            "figure": registry.FIT_FIGURES[Path(path).stem].title,
            "fit": " ".join(names) or "data",
        },
    )


def fit_figures(what, *names):
    """The figures of single fits that a rule draws, with their places in Snakemake's report."""
    files = plan.fit_figure_paths(what, ROOT, "{scenario}", "{replicate}", *names)
    return [with_labels(path, names) for path in files]


onstart:
    session.start(workflow, STUDY, RULES.unavailable)


onsuccess:
    session.succeed(STUDY, CHECKOUT)


onerror:
    session.fail(workflow, STUDY)
