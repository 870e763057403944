# The commands of Funnel; `make` without a target lists them. Each installs what it needs, once.

# a study that was run, by its name, or by its configuration
STUDY ?=
CONFIG ?= $(if $(STUDY),results/$(STUDY)/config.yaml,config/config.yaml)
CORES ?= all
SEEDS ?= 0
# of make inspect, which takes the first of each that the study has
SCENARIO ?=
PARAMETERIZATION ?=
SAMPLER ?=
REPLICATE ?= 0
SAMPLERS ?=
REPLICATES ?= 4
DRAWS ?= 2000
PEERS ?= pymc3 pymc pystan nutpie
PARAMETERIZATIONS ?= centered noncentered mixed data_based
DATA ?=
TAU_PRIOR ?=
MU_PRIOR ?=
SIGMA_PRIOR ?=
CHECK ?=
# how to read DATA; most name a column
READING := Y SE VARIANCE GROUP TRIALS EXPOSURE N SD X SIGMA DECIMAL DROP
$(foreach name,$(READING),$(eval $(name) :=))

MAIN := .venvs/main
DEV := .venvs/dev
PYMC3 := .venvs/pymc3
BENCH := .venvs/bench
PYTHON_VERSION := >=3.12,<3.14
PYMC3_PYTHON_VERSION := >=3.10,<3.11
# PyStan's compiled models cannot be loaded on Python 3.13
BENCH_PYTHON_VERSION := >=3.12,<3.13
# keys of the configuration that a target sets for another one: KEY=VALUE ...
KEYS :=
# recipes read these from the environment, so that the shell treats any value as one word
export CONFIG CORES SEEDS STUDY SCENARIO PARAMETERIZATION REPLICATE SAMPLER SAMPLERS REPLICATES DRAWS \
	PEERS PARAMETERIZATIONS DATA TAU_PRIOR MU_PRIOR SIGMA_PRIOR CHECK KEYS \
	$(READING)
# sets KEYS and the samplers; the names in SAMPLERS were checked by study_info.py before
CHANGES = $(if $(strip $(KEYS) $(SAMPLERS)),--config $(KEYS) \
	$${SAMPLERS:+"samplers=[$$(printf '%s,' $$SAMPLERS)]"})
SNAKEMAKE = $(MAIN)/bin/snakemake $(CHANGES) --configfile "$$CONFIG" $(OPTIONS)
# of two --config, Snakemake would only use the last
ONE_CONFIG = echo "OPTIONS: --config is not allowed with SAMPLERS or with make published" >&2; false
IS_STUDY = { test -z "$$STUDY" || test -f "$$CONFIG" || \
	{ echo "results/$$STUDY has no finished study: run make study first; finished are:" \
		$$(ls -d results/*/summary 2>/dev/null | cut -d/ -f2) >&2; false; }; }
# prints the folder of the study, or what else is asked for; fails if its configuration is not valid
STUDY_INFO = $(if $(and $(strip $(KEYS) $(SAMPLERS)),$(filter --config -C,$(OPTIONS))),$(ONE_CONFIG),\
	$(IS_STUDY) && $(MAIN)/bin/python scripts/study_info.py --keys "$$KEYS" --samplers "$$SAMPLERS" "$$CONFIG")
# fails with one line if the study was not run
FINISHED = root=$$($(STUDY_INFO)) && { test -f "$$root/summary/fits.csv" || \
	{ echo "$$root has no finished study: run make study first" >&2; exit 1; }; }

# the rules that `make report` may run; data, fits and diagnostics are used as they are
REPORTING := summarise analyse landscape tabulate_sweep collate_times calibrate compare_samplers \
	compare_published figures draw_data draw_fit draw_pair draw_all draw page

.DEFAULT_GOAL := help
.PHONY: help setup pymc3 study published figures report provenance schema inspect advise bench growth test test-all test-unit findings real-data lint lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "CONFIG=FILE selects another study, and STUDY=NAME one that was run, as it was run;"
	@echo "CORES=N limits the cores (default: all);"
	@echo 'SAMPLERS="NAME ..." replaces the samplers of the study.'

setup: $(MAIN)/.installed ## install the packages of a study, in .venvs/main

pymc3: $(PYMC3)/.installed ## install the packages of the sampler pymc3, in .venvs/pymc3

# if the environment of a sampler cannot be installed, the other samplers still run
study: setup ## run a study: data, fits, diagnostics, tables, figures, report
	@info=$$($(STUDY_INFO) --environments) && set -- $$info && root=$$1 && shift && for name; do \
		$(MAKE) --no-print-directory $$name || echo "The study continues without $$name." >&2; done && \
		$(SNAKEMAKE) --cores "$$CORES" && echo "The report is $$root/report.html"

published: ## run the published study, with PyMC3 or SAMPLERS=stan; SEEDS=N adds N sampler seeds
	@case "$$SEEDS" in ''|0?*|*[!0-9]*) \
		echo "SEEDS = $$SEEDS: must be a whole number, 0 or more" >&2; exit 1;; esac
	@$(MAKE) --no-print-directory study CONFIG=config/published.yaml KEYS="replicates=$$((1 + SEEDS))"

figures: setup ## regenerate the figures of a study, without refitting
	@$(FINISHED) && \
		$(SNAKEMAKE) --cores "$$CORES" --allowed-rules $(REPORTING) --forcerun figures -- figures && \
		echo "The figures are in $$root/figures"

report: setup ## regenerate the tables, figures and report, without refitting
	@$(FINISHED) && { test ! -f "$$root/config.yaml" || CONFIG="$$root/config.yaml"; } && \
		echo "Using $$CONFIG, the configuration of the last run" && \
		$(SNAKEMAKE) --cores "$$CORES" --allowed-rules $(REPORTING) --forcerun summarise -- page && \
		echo "The report is $$root/report.html"

provenance: setup ## write results/STUDY/provenance.html: how each file was made
	@$(FINISHED) && $(SNAKEMAKE) --report "$$root/provenance.html" && \
		echo "The origin of each file is in $$root/provenance.html"

schema: setup ## write config/schema.json, by which editors complete and check configurations
	@$(MAIN)/bin/python scripts/study_info.py --schema > config/schema.json

inspect: setup ## draw one fit: STUDY= SCENARIO= PARAMETERIZATION= SAMPLER= REPLICATE=
	@$(if $(findstring command,$(origin SAMPLERS)),echo "SAMPLERS = $$SAMPLERS: \
		make inspect needs SAMPLER=NAME instead" >&2; exit 1;) root=$$($(STUDY_INFO)) && \
		config="$$root/config.yaml" && { test -f "$$config" || \
		{ echo "$$root has no finished study: run make study first" >&2; exit 1; }; } && \
		page=$$($(MAIN)/bin/python scripts/study_info.py "$$config" \
			--fit "$$SCENARIO" "$$PARAMETERIZATION" "$$SAMPLER" "$$REPLICATE") && \
		$(MAIN)/bin/snakemake --configfile "$$config" --cores "$$CORES" -- "$$page" && \
		echo "The fit is in $$page"

advise: setup ## advise on your own data: DATA=FILE.csv TAU_PRIOR= MU_PRIOR= CHECK=1 Y= SE= ...
	@test -n "$$DATA" || { echo "DATA: must be a CSV file, as in make advise DATA=my.csv" >&2; exit 1; }
	@$(MAIN)/bin/python scripts/advise.py --tau-prior "$$TAU_PRIOR" --mu-prior "$$MU_PRIOR" \
		--sigma-prior "$$SIGMA_PRIOR" --cores "$$CORES" \
		$$(case "$$CHECK" in ""|0) ;; *) echo --check;; esac) -- "$$DATA" $(foreach name,$(READING),"$(name)=$$$(name)")

growth: setup ## measure how time grows: run studies of 90, 900 and 9,000 short fits
	@$(MAIN)/bin/python scripts/growth.py --full results/many-seeds --cores "$$CORES"

bench: setup ## compare the speed with PyMC3, PyMC, PyStan and nutpie: REPLICATES= DRAWS= PEERS=
	@for name in $(PYMC3) $(BENCH); do \
		$(MAKE) --no-print-directory $$name/.installed || echo "The benchmark continues without $$name." >&2; \
	done
	@$(MAIN)/bin/python scripts/bench.py --replicates "$$REPLICATES" --draws "$$DRAWS" --cores "$$CORES" \
		--peers $$PEERS --samplers $${SAMPLERS:-nutpie stan} --parameterizations $$PARAMETERIZATIONS

test: $(DEV)/.installed ## run the tests that a change needs, in about 10 minutes
	@$(DEV)/bin/pytest -m "not slow" $(PYTEST_OPTIONS)

test-all: $(DEV)/.installed pymc3 ## run the tests that make test leaves out: PyMC3, Slurm, more faults
	@$(DEV)/bin/pytest -m slow $(PYTEST_OPTIONS)

test-unit: $(DEV)/.installed ## run the tests of make test that run no study
	@$(DEV)/bin/pytest -m "not slow" $(PYTEST_OPTIONS) tests/unit

findings: $(MAIN)/.installed ## write the findings of studies that were run into docs/ and README.md
	@$(MAIN)/bin/python scripts/findings.py --study results/many-seeds --diagnostics results/diagnostics \
		--landscape results/landscape --settings results/target-accept results/tuning --units results/units \
		--samplers results/better-samplers

real-data: $(MAIN)/.installed ## write docs/real-data.md from results/meta-analyses
	@test -f results/meta-analyses/summary/chain_errors.nc || \
		{ echo "results/meta-analyses has no finished study: run make study" \
			"CONFIG=config/meta-analyses.yaml first" >&2; exit 1; }
	@$(MAIN)/bin/python scripts/real_data.py results/meta-analyses

lint: $(DEV)/.installed ## check formatting, types and the workflow
	@$(DEV)/bin/ruff check
	@$(DEV)/bin/ruff format --check
	@$(DEV)/bin/snakefmt --check Snakefile workflow
	@$(DEV)/bin/mypy
	@$(DEV)/bin/snakemake --lint

lock: $(MAIN)/.installed ## regenerate requirements/*.txt from requirements/*.in
	@for name in uv main dev pymc3 bench; do \
		case $$name in pymc3) python=3.10 ;; *) python=3.12 ;; esac; \
		.venvs/uv/bin/uv pip compile --quiet --universal --python-version $$python --generate-hashes \
			--no-annotate --no-header --no-emit-index-url --no-emit-find-links \
			requirements/$$name.in --output-file requirements/$$name.txt || exit; \
	done

clean: ## remove the environments, but not the results
	rm -rf .venvs

$(MAIN)/.installed: requirements/main.txt requirements/uv.txt requirements/install.sh
	@echo "Installing the packages of a study, once ..."
	@requirements/install.sh $(MAIN) '$(PYTHON_VERSION)' main.txt

$(PYMC3)/.installed: requirements/pymc3.txt requirements/uv.txt requirements/install.sh
	@echo "Installing the packages of the sampler pymc3, once ..."
	@requirements/install.sh $(PYMC3) '$(PYMC3_PYTHON_VERSION)' pymc3.txt

$(BENCH)/.installed: requirements/bench.txt requirements/uv.txt requirements/install.sh
	@echo "Installing the programs for the benchmark, once ..."
	@requirements/install.sh $(BENCH) '$(BENCH_PYTHON_VERSION)' bench.txt

$(DEV)/.installed: requirements/main.txt requirements/dev.txt requirements/uv.txt requirements/install.sh
	@echo "Installing the packages of the tests, once ..."
	@requirements/install.sh $(DEV) '$(PYTHON_VERSION)' main.txt dev.txt
