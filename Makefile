# The two commands:  make book   make test      (all of them: make help)

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
LOCK ?= requirements.txt
# uv, where it is installed, makes the environment in one minute in place of four; pip has the last word.
UV := $(shell command -v uv 2>/dev/null)
WITH_UV = PYTHONPATH= uv pip install --quiet --python $(BIN)/python $(1)
WITH_PIP = PYTHONPATH= $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1)
INSTALL = $(if $(UV),$(call WITH_UV,$(1)) || )$(call WITH_PIP,$(1))
# PyTorch without CUDA comes from an index of its own, which uv knows by name.
CPU_LOCK := requirements-cpu.txt
INSTALL_LOCK = $(if $(filter $(CPU_LOCK),$(LOCK)),$(call WITH_UV,--torch-backend cpu --require-hashes -r $(LOCK)),\
  $(call INSTALL,--require-hashes -r $(LOCK)))
BUILD = $(BIN)/jupyter-book build . -n -W --keep-going

# The chapters' kernels inherit these.
export TQDM_DISABLE = 1
export PYTHONHASHSEED = 0
# What a step of a training frees, the next step needs again: given back to the system and asked for anew, it
# costs a tenth of the time of the chapters that train. (glibc reads this, other systems pass it by.)
export MALLOC_MMAP_THRESHOLD_ = 33554432
export MALLOC_TRIM_THRESHOLD_ = 4294967296
export MALLOC_TOP_PAD_ = 67108864
# They have one thread each, and JOBS of them run at once (by default one for each core).
html export rerun check-site quick pipeline: export OMP_NUM_THREADS = 1
export COURSE_JOBS = $(JOBS)
AT_ONCE = -n $(or $(JOBS),auto)
# Chapters and tests run in processes of their own. Where Python is told to keep no compiled modules, each
# of them compiles three thousand again, which takes longer than most of what it was started for.
unexport PYTHONDONTWRITEBYTECODE
# The extensions of the book lie beside it, not in the environment.
export PYTHONPATH = $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help venv book html notebooks export handout test lint quick verify rerun check-site pdf pipeline bench serve \
  lock lock-cpu clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

book: venv html  ## install, execute every chapter, build the site (LOCK=requirements-cpu.txt: without CUDA)
	@echo "The book is at $(CURDIR)/_build/html/index.html"

venv: $(VENV)/.installed  ## make the environment

$(VENV)/.installed: $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
	  "Python 3.11 to 3.13 is needed, this is %d.%d: make book PYTHON=python3.13" % v)'
	@echo "Installing the packages of $(LOCK) into $(VENV): $(if $(UV),about a minute,four minutes or more; with uv, one)"
	$(PYTHON) -m venv $(VENV)
	$(INSTALL_LOCK)
	$(call INSTALL,--no-deps --no-build-isolation -e .)
	touch $@

# Sphinx repeats no warning about a page that it need not read again: after a failure it reads all of
# them (the executed chapters stay cached).
html:
	$(BUILD) || { rm -rf _build/.doctrees; exit 1; }
	$(MAKE) --no-print-directory export

notebooks: venv export  ## export the chapters as notebooks into _build/notebooks (after make book: in seconds)

export:
	$(BUILD) --builder=custom --custom-builder=notebooks

pdf:  ## print the built book into one PDF (after make book; needs Chromium)
	$(BIN)/python -m sphinx_ext.paper _build/html _build/html/from-linear-models-to-cnns.pdf

handout: notebooks  ## the notebooks without solutions, the solutions apart, into _build/handout (after make book)
	$(BIN)/python -m sphinx_ext.handout _build/notebooks _build/handout

test: venv lint quick pipeline  ## everything that CI checks (from a clean build)
	rm -rf _build
	$(MAKE) --no-print-directory verify

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# One process for each core, each with one thread: two that both use all cores wait for each other.
quick: venv  ## unit tests only, about a minute
	$(BIN)/python -m pytest -q -p no:nbval $(AT_ONCE) --dist worksteal -m "not book and not pipeline"

pipeline:
	$(BIN)/python -m pytest -q -m pipeline $(AT_ONCE) --dist worksteal tests

# Each run trains its own models: nothing is proven by loading what the other one stored.
verify:
	rm -rf _build/.models
	COURSE_MODELS="$(CURDIR)/_build/.models/built" $(MAKE) --no-print-directory html
	$(MAKE) --no-print-directory -j 2 rerun pdf
	$(MAKE) --no-print-directory check-site

# Where data are out of reach, the build has said so once; what runs after it is told not to ask again.
AS_BUILT = $(BIN)/python -m course_lib.data || export COURSE_OFFLINE=1;

# What takes longest starts first: nothing long is left to run alone at the end.
LONG = what_did_it_learn augmentation_and_cifar scaling_out pytorch_ladder first_cnn pooling_and_shifts \
  multilayer_perceptrons deep_networks laboratory receptive_fields
EXECUTED = $(wildcard _build/jupyter_execute/*.ipynb _build/jupyter_execute/*/*.ipynb)
LONGEST = $(foreach name,$(LONG),$(filter %/$(name).ipynb,$(EXECUTED)))
IN_ORDER = $(strip $(LONGEST) $(filter-out $(LONGEST),$(EXECUTED)))

# Runs every executed chapter again and compares every printed value with what the page shows.
rerun:
	rm -rf _build/.models/again
	$(AS_BUILT) \
	COURSE_MODELS="$(CURDIR)/_build/.models/again" \
	  $(BIN)/python -m pytest -q --nbval $(AT_ONCE) --dist loadfile --no-loadscope-reorder --durations=8 \
	  -p no:cacheprovider $(or $(IN_ORDER),_build/jupyter_execute)

# A browser has clocks that are not ours: what is red beside all the others is asked once more, by itself and
# in full view. What is red twice stops; results are never asked twice.
BROWSER_TESTS = $(BIN)/python -m pytest -q -m "book and not exported" tests
check-site:
	$(BROWSER_TESTS) $(AT_ONCE) --dist loadfile || $(BROWSER_TESTS) --last-failed --last-failed-no-failures none
	$(AS_BUILT) $(BIN)/python -m pytest -q -m exported $(AT_ONCE) --dist worksteal tests

bench: venv  ## measure the speed that the book claims, in one table (half an hour on a quiet machine, after make book)
	@$(BIN)/python benchmarks/table.py

serve: book  ## look at the book on http://localhost:8000
	$(BIN)/python -m http.server --directory _build/html 8000

lock:  ## compile requirements.in into the hashed requirements.txt (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --quiet requirements.in -o requirements.txt

lock-cpu: $(CPU_LOCK)  ## the same versions with PyTorch without CUDA, into requirements-cpu.txt (needs uv)

$(CPU_LOCK): requirements.in requirements.txt
	@command -v uv >/dev/null || { echo "This needs uv: python3 -m pip install uv"; exit 1; }
	uv pip compile --universal --generate-hashes --python-version 3.11 --quiet --torch-backend cpu \
	  --constraint requirements.txt requirements.in -o $@

clean:  ## remove everything that was built (the environment stays)
	rm -rf _build
