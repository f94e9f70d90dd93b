# `make run` and `make test` are all that a newcomer needs; each does its own set-up.

# Compiled dependencies are kept here between runs. Nothing depends on its being there.
ALLOD_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/allod
export CARGO_TARGET_DIR ?= $(ALLOD_CACHE)/target
# The runtime's build looks for the lock file from the target folder upwards, where it is not.
export WASM_BUILD_WORKSPACE_HINT := $(CURDIR)

ENV := $(ALLOD_CACHE)/toolchain.env
WITH := set -eu; . "$(ENV)";
ALLOD := $(CARGO_TARGET_DIR)/release/allod
# Always the same selection of packages and targets: another one would have other features of the
# same dependencies, and compile all of them again.
ALL := --release --workspace --all-targets --locked
ARGS ?=

STAGE := scripts/stage.sh

.PHONY: run build test test-one lint-one test-long test-network bench fmt setup specs weights features audit fuzz bin-path
.DEFAULT_GOAL := build

setup:
	@scripts/setup.sh "$(ENV)"

build: setup
	@$(WITH) cargo build $(ALL)

## Run a development chain. ARGS="--tmp" for one that is not kept.
run: build
	@exec "$(ALLOD)" dev $(ARGS)

## Where the binaries are, for PATH.
bin-path:
	@echo "$(CARGO_TARGET_DIR)/release"

## Formatting, every test, lints, and whatever is compiled but never run.
test: setup
	@$(WITH) $(STAGE) format scripts/lint.sh format
	@$(WITH) $(STAGE) architecture scripts/check-architecture.py
	@$(WITH) $(STAGE) references scripts/check-references.py
	@$(WITH) $(STAGE) build cargo build $(ALL)
	@$(WITH) $(STAGE) chain-specs scripts/chain-specs.sh --check "$(ALLOD)"
	@$(WITH) scripts/test-and-lint.sh $(ALL)

## The tests of one crate: CRATE=pallet-auto-id. ARGS for cargo test, as the name of a test.
test-one: setup
	@$(WITH) cargo test --release --locked -p $(or $(CRATE),$(error CRATE=… names a crate)) $(ARGS)

## The lints of one crate.
lint-one: setup
	@$(WITH) scripts/lint.sh clippy -p $(or $(CRATE),$(error CRATE=… names a crate))

## Tests that take long: chains filled with 64 MiB in several ways, one after the other.
test-long: build
	@$(WITH) cargo test --release --workspace --locked --test chain -- --ignored --test-threads 1

## Attacks upon networks of real nodes; ARGS="long-cut" for some of them, ARGS=--list for their names. Best as root, who
## also gets the packages for all of them.
test-network: build
	@[ "$$(id -u)" != 0 ] || scripts/setup.sh "$(ENV)" faketime iproute2
	@$(WITH) "$(CARGO_TARGET_DIR)/release/allod-network" $(ARGS)

## Criterion benches; ARGS="--bench kzg" for one of them.
bench: setup
	@$(WITH) cargo bench --locked --workspace $(or $(ARGS),--benches)

## Fuzz whatever parses bytes from outside; SECONDS=600 for so long each, ARGS="segment crl" for some targets.
fuzz: setup
	@$(WITH) tests/fuzz/run.sh $(or $(SECONDS),60) $(ARGS)

fmt: setup
	@$(WITH) cargo fmt --all

## Write chain-specs/ anew.
specs: build
	@$(WITH) scripts/chain-specs.sh "$(ALLOD)"

## Measure the weights of the pallets; ARGS="farming" for one of them.
weights: setup
	@$(WITH) ALLOD_CACHE="$(ALLOD_CACHE)" scripts/weights.sh $(ARGS)

## Write the features of workspace-hack/Cargo.toml anew, after a change of dependencies.
features: setup
	@$(WITH) scripts/unify-features.py --write

## Licences, sources, duplicate versions and, where their database can be had, advisories of all dependencies.
audit: setup
	@$(WITH) ALLOD_CACHE="$(ALLOD_CACHE)" scripts/audit.sh
