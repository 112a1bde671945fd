# oxrtmp. `make help` lists the targets.
#
# Only `make deps`, `make interop-obs` and `make test-arm64` use the network. Variables can be set on the command line:
#   GO CC CXX PYTHON    the tools
#   BUILD               where everything is built (build)
#   STATIC=1            make and install libxrtmp.a beside the shared library
#   PREFIX LIBDIR DESTDIR   where `make install` puts things (/usr/local, lib)
#   FUZZTIME            how long each fuzz target runs (5s)
#   SOAK                how long `make soak` runs (30m)
#   JOBS                how many interop tests run at the same time: they mostly wait (3)
#   FLAGS               further flags of `make run` and of pytest in `make test-interop`

GO ?= go
ifeq ($(origin CC),default)
# Not cc: Go goes by the name when it builds with sanitizers.
CC := gcc
endif
PYTHON ?= python3
BUILD ?= build
PREFIX ?= /usr/local
LIBDIR ?= lib
DESTDIR ?=
STATIC ?=
FUZZTIME ?= 5s
SOAK ?= 30m
FLAGS ?=
JOBS ?= 3

VENV := $(BUILD)/venv
PYTEST := $(VENV)/bin/python -m pytest -q -p no:cacheprovider --durations=5
# Examples on event loops of others are built where those are installed: make deps, or libuv1-dev and libasio-dev.
EXAMPLES_UV := $(patsubst examples/c/%.c,$(BUILD)/bin/%-c,$(wildcard examples/c/*uv*.c))
EXAMPLES_ASIO := $(patsubst examples/c/%.cpp,$(BUILD)/bin/%-c,$(wildcard examples/c/*asio*.cpp))
ABSENT := $(shell pkg-config --exists libuv 2>/dev/null || echo "$(EXAMPLES_UV)") \
	$(shell printf '\043if !__has_include(<asio.hpp>) && !__has_include(<boost/asio.hpp>)\n\043error\n\043endif\n' | \
	$(CXX) -std=c++17 -E -x c++ - >/dev/null 2>&1 || echo "$(EXAMPLES_ASIO)")
PROGRAMS := $(patsubst %,$(BUILD)/bin/%-go,ingest push pull relay server tracks) $(BUILD)/bin/demo $(EXAMPLES_ASIO) \
	$(patsubst examples/c/%.c,$(BUILD)/bin/%-c,$(wildcard examples/c/*.c))
PROGRAMS := $(filter-out $(ABSENT),$(PROGRAMS))
TOOLS := $(patsubst tools/%.c,$(BUILD)/bin/%,$(wildcard tools/*.c))

export GO CC CXX PYTHON BUILD FUZZTIME
export GOTOOLCHAIN := local
export GOFLAGS := -mod=mod
export GOPROXY := off

.NOTPARALLEL:
.DEFAULT_GOAL := all

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## What people use

.PHONY: all
all: lib examples ## Build the library, the tools and the example programs

.PHONY: node
node: lib ## Build the Node package: then npm install ./bindings/node
	bindings/node/build -lib "$(BUILD)"
	@mkdir -p examples/node/node_modules/@types && ln -sfn ../../../bindings/node examples/node/node_modules/oxrtmp
	@for package in ws mpegts.js @types/ws; do \
	  ln -sfn "$(abspath $(BUILD))/node-peers/node_modules/$$package" examples/node/node_modules/$$package; done

.PHONY: run
run: deps-build $(BUILD)/bin/demo ## Start a server on localhost:1935 that shows a sample stream; try your encoder and player on it
	@exec $(BUILD)/bin/demo $(FLAGS)

.PHONY: install
install: lib ## Install library, headers, tools, pkg-config and CMake files below DESTDIR and PREFIX
	STATIC="$(STATIC)" packaging/install "$(BUILD)" "$(DESTDIR)$(PREFIX)" "$(patsubst $(PREFIX)/%,%,$(LIBDIR))"

.PHONY: clean
clean: ## Remove everything that was built (and the installed test peers with it)
	rm -rf "$(BUILD)" bench/out bindings/node/prebuilds examples/node/node_modules

## What tests

.PHONY: test
test: deps lint docs test-native test-packages abi test-side-by-side fuzz ## Run every test: Go, C, Python, Node, installing, real peers, fuzzers (5 s each)
	@echo "make test: all passed"

# What counts allocations or watches memory: the race detector has both of its own.
COUNTING := ./rtmp ./rtmp/chunk ./rtmp/media ./rtmp/flv ./tests/soak

.PHONY: test-go
test-go: ## Go: format, vet, tests; all that is pure Go under the race detector, and what counts and measures without it too
	@test -z "$$(gofmt -l .)" || { echo "gofmt:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) test $(COUNTING) $$($(GO) list -f '{{if .CgoFiles}}{{.ImportPath}}{{end}}' ./...)
	$(GO) run ./tests/panics
	$(GO) test -race $$($(GO) list -f '{{if not .CgoFiles}}{{.ImportPath}}{{end}}' ./... | grep -v /soak)

.PHONY: test-c
test-c: lib examples ## C and C++: the header, the library's behaviour, sanitizers, valgrind, arm64
	tests/c/run

.PHONY: test-c-native
test-c-native: lib examples
	tests/c/run plain programs process static faults asan tsan

# What tests Go and C mostly waits: side by side.
.PHONY: test-native
test-native: lib examples
	@$(MAKE) test-c-native >$(BUILD)/c.log 2>&1 & c=$$!; \
	$(MAKE) test-go; go=$$?; \
	wait $$c; status=$$?; cat $(BUILD)/c.log; \
	[ $$go -eq 0 ] && [ $$status -eq 0 ]

# valgrind and qemu are slow and encoders mostly wait: side by side they take no longer than one of them.
.PHONY: test-side-by-side
test-side-by-side: all node python
	@tests/c/run valgrind arm64 >$(BUILD)/slow.log 2>&1 & slow=$$!; \
	$(MAKE) test-packaging test-interop; interop=$$?; \
	wait $$slow; status=$$?; cat $(BUILD)/slow.log; \
	[ $$interop -eq 0 ] && [ $$status -eq 0 ]

.PHONY: test-node
test-node: node test-node-package test-node-load ## Node: the package's tests, its types, installing it, the pages of the examples in Chromium, 500 streams at once

.PHONY: test-node-package test-node-load
test-node-package:
	@mkdir -p $(BUILD)/screenshots
	node --test --test-reporter=spec $(filter-out %/load.test.mjs,$(wildcard bindings/node/test/*.test.mjs))

test-node-load:
	$(GO) build -o $(BUILD)/bin/load ./tests/load
	node --test --test-reporter=spec bindings/node/test/load.test.mjs

.PHONY: python
python: lib ## Build the Python package and install it where the tests run
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --no-index --force-reinstall ./bindings/python

.PHONY: test-python
test-python: python test-python-package test-python-load ## Python: the package's tests, its types, installing it, 500 streams at once

.PHONY: test-python-package test-python-load
test-python-package:
	$(subst -m pytest,-X dev -W error -m pytest,$(PYTEST)) bindings/python/tests --ignore bindings/python/tests/test_load.py

test-python-load:
	$(PYTEST) bindings/python/tests/test_load.py

# The tests of either package mostly wait; those of 500 streams come after both, alone.
.PHONY: test-packages
test-packages: node python
	@$(MAKE) test-node-package >$(BUILD)/node.log 2>&1 & node=$$!; \
	$(MAKE) test-python-package; python=$$?; \
	wait $$node; status=$$?; cat $(BUILD)/node.log; \
	[ $$python -eq 0 ] && [ $$status -eq 0 ]
	@$(MAKE) test-python-load test-node-load

.PHONY: test-interop
test-interop: all node python ## Real encoders and servers against every language's programs
	$(PYTEST) -n $(JOBS) tests/interop --ignore=tests/interop/obs $(FLAGS)

.PHONY: test-packaging
test-packaging: lib ## Install by CMake, by make, by Debian packages and as a container, and use the result from outside
	tests/packaging/run
	tests/packaging/debian
	tests/packaging/container

.PHONY: test-arm64
test-arm64: deps-arm64 ## The Python wheel and the Node package for arm64, built here and run under qemu (not part of `make test`)
	tests/arm64/run

.PHONY: interop-obs
interop-obs: deps-obs all node python ## OBS Studio under Xvfb (installs it; not part of `make test`)
	$(PYTEST) -s tests/interop/obs $(FLAGS)

.PHONY: abi
abi: lib ## Compare header, C definitions, exported symbols and the committed ABI
	tools/abi/check
	tools/abi/mutations

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME
	tools/fuzz

.PHONY: torture
torture: deps all node python ## The full counts and long runs of the tests (some hours)
	OXRTMP_TORTURE=1 $(GO) test -count=1 -timeout 2h ./...
	OXRTMP_TORTURE=1 $(GO) run ./tests/panics -timeout 2h
	OXRTMP_TORTURE=1 tests/c/run
	$(MAKE) test-arm64
	OXRTMP_TORTURE=1 $(MAKE) test-node
	OXRTMP_TORTURE=1 $(PYTEST) bindings/python/tests/test_load.py
	FUZZTIME=60s tools/fuzz

.PHONY: soak
soak: ## Publishers, players, takeovers and relays that come and go for SOAK: memory, goroutines and descriptors stay flat
	$(GO) run ./tests/soak -for $(SOAK)

.PHONY: bench
bench: deps all node python ## Measure against nginx-rtmp, pyrtmp, node-media-server and bare sinks and relays in the same run, and what a packet costs in each language
	bench/run

.PHONY: lint
lint: ## Check format, scripts, Python, and that docs/features.md names tests that exist
	@test -z "$$(gofmt -l .)" || { echo "gofmt:"; gofmt -l .; exit 1; }
	tools/lint

.PHONY: docs
docs: ## Make the references of C and Node below build/docs; a name without words fails
	@mkdir -p $(BUILD)/docs
	BUILD=$(BUILD) doxygen docs/Doxyfile
	BUILD=$(BUILD) bindings/node/reference

.PHONY: docs-python
docs-python: python ## Make the guide and the reference of the Python package below build/docs/python
	$(VENV)/bin/python -m sphinx -q -W --keep-going -b html -d $(BUILD)/docs/python/.trees docs/python $(BUILD)/docs/python

## What the others build on

.PHONY: deps
deps: ## Install what the tests need (root or CI=true), or print the commands; uses the network
	@tests/deps/deps test

.PHONY: deps-obs deps-arm64
deps-obs:
	@tests/deps/deps obs
deps-arm64:
	@tests/deps/deps arm64

.PHONY: deps-build
deps-build:
	@tests/deps/deps build

.PHONY: lib
lib: deps-build
	@capi/build -o $(BUILD) $(if $(STATIC),-static)

.PHONY: examples
examples: lib $(PROGRAMS) $(TOOLS)
	@[ -z "$(strip $(ABSENT))" ] || echo "examples: without $(notdir $(ABSENT)): their event loop is not installed"

# Go and cgo know themselves what is out of date.
.PHONY: FORCE
$(BUILD)/bin/%-go: FORCE
	$(GO) build -o $@ ./examples/go/$*

$(BUILD)/bin/demo: FORCE
	$(GO) build -o $@ ./examples/go/demo

$(BUILD)/bin/oxrtmp-%: tools/oxrtmp-%.c include/oxrtmp.h | lib
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -Wpedantic -O2 -Iinclude $< -o $@ -L$(BUILD) -lxrtmp -Wl,-rpath,'$$ORIGIN/..'

$(EXAMPLES_UV): LIBRARIES := -luv
$(BUILD)/bin/%-c: examples/c/%.c $(wildcard examples/c/*.h) include/oxrtmp.h | lib
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -O2 -pthread -Iinclude $< -o $@ -L$(BUILD) -lxrtmp $(LIBRARIES) -Wl,-rpath,'$$ORIGIN/..'

$(BUILD)/bin/%-c: examples/c/%.cpp examples/c/asio.hpp examples/c/printable.hpp include/oxrtmp.h include/oxrtmp.hpp | lib
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -Wall -Wextra -O1 -pthread -Iinclude $< -o $@ -L$(BUILD) -lxrtmp -Wl,-rpath,'$$ORIGIN/..'
