# make lab       open the lessons in JupyterLab      (ARGS="--no-browser --port 8899" is passed on)
# make test      prove everything: lint, unit tests, doctests, lessons, budgets
# make lessons   execute the lessons and store their outputs   (ONLY="00 01" picks some)
# make lint      style alone
# make margins   how far the lessons' numbers stand from their bands   (ONLY="02 solutions/02")
# make bench     speed and memory, as ratios within this run   (ONLY="training_cost" picks some)
# make models    what was trained for the course, on what, and the command that trains it again
# make site      build the course as static pages into build/site, from stored outputs
# make fuzz      any bytes for what reads files, 10 minutes each   (ARGS="60 image" for less)
# make soak      twelve hostile visitors at the app for ten minutes   (ARGS=1 for one minute)
# make audit     known faults of what is installed, where pip-audit can reach its data
# make wheel     build the wheel into dist/
# make pins      write constraints.txt from what is installed in .venv
# make clean     remove what was built; .venv goes too
#
# Each target sets itself up: the first run makes .venv and installs into it, later runs find it
# done. It is done again when pyproject.toml or constraints.txt has changed.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
ONLY ?=
JOBS ?= 2

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
READY := $(VENV)/.ready

.PHONY: help lab test lessons lint margins bench models fuzz soak audit site wheel pins clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

lab: $(READY)
	@$(BIN)/python -m gan_lessons lab $(ARGS)

# One thread a process: the times in the lessons are meant so, and processes do not get in each
# other's way.
THREADS := OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1}

test: lint
	@echo "== Tests and lessons, $(JOBS) at a time"
	@$(THREADS) $(BIN)/python -m pytest -n $(JOBS) --dist loadfile \
		--nbval-lax --nbval-current-env --nbval-cell-timeout 300 \
		--ignore=notebooks/solutions tests gan_lessons $(wildcard notebooks) $(ARGS)

lessons: $(READY)
	@$(THREADS) $(BIN)/python -m gan_lessons.course.publish.build_lessons $(ONLY)

lint: $(READY)
	@echo "== Style"
	@$(BIN)/python -m ruff check .

margins: $(READY)
	@$(BIN)/python -m gan_lessons.course.margins $(ONLY) $(ARGS)

bench: $(READY)
	@$(BIN)/python -m benchmarks $(ONLY)

models: $(READY)
	@$(BIN)/python -m gan_lessons models

site: $(READY)
	@rm -rf build/site build/site-source
	@$(BIN)/python -m gan_lessons.course.publish.site build/site

fuzz: $(READY)
	@$(THREADS) $(BIN)/python tests/fuzz/run.py $(ARGS)

soak: $(READY)
	@$(THREADS) $(BIN)/python tests/app/soak.py $(ARGS)

audit: $(READY)
	@$(BIN)/python .ci/audit

wheel: $(READY)
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation -w dist .
	@echo "The wheel lies in dist/."

# The libraries that torch brings along for one platform alone are left to torch.
pins: $(READY)
	@$(BIN)/python -m pip freeze --exclude-editable \
		| grep -viE '^(nvidia-|cuda-|triton|gan-lessons)' > constraints.new
	@mv constraints.new constraints.txt
	@touch $(READY)
	@echo "constraints.txt now pins what is installed in $(VENV)."

clean:
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis

# Some systems ship Python without ensurepip; there the pip at hand puts one into the environment.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { \
		echo "The pinned packages need Python 3.11 to 3.14, and $(PYTHON) is another or missing." \
			"Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || { \
		echo "== Making the environment $(VENV)"; \
		$(PYTHON) -m venv --clear $(VENV) > /dev/null 2>&1 || { \
			$(PYTHON) -m venv --clear --without-pip $(VENV) && \
			$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }; }
	@echo "== Installing into $(VENV): PyTorch, JupyterLab and the course (minutes, up to 6 GB)"
	@$(BIN)/python -m pip install --quiet -e '.[all]' -c constraints.txt
	@touch $(READY)
	@echo "== Installed"
