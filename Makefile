# The one door to building, running, testing and measuring Turnpike. Every target installs what it needs.
SHELL := /bin/bash
CONFIGURATION ?= release

.PHONY: run build test unit end-to-end lint soak bench fuzz catalogue conformance clean

run: build ## Build and start the gateway; prints a first request to paste
	@.build/release/turnpike serve $(ARGS)

build: ## Build the optimised binary at .build/release/turnpike
	@scripts/install.sh build
	swift build -c release --product turnpike -Xswiftc -enforce-exclusivity=unchecked

test: unit end-to-end ## Everything: unit and property tests, then the real binary with real clients

unit: ## Swift tests of every room
	@scripts/install.sh build
	swift test

end-to-end: ## The built binary, driven by the official SDKs and by raw sockets
	@scripts/install.sh test
	swift build --product turnpike
	TURNPIKE_BINARY=$(CURDIR)/.build/debug/turnpike .venv/bin/python -m pytest -q -n 2 Tests/EndToEnd

lint: ## Format and forbidden calls
	@scripts/lint.sh

soak: build ## A million requests; writes a dated report to docs/reports
	@scripts/install.sh test
	.venv/bin/python Tests/Soak/soak.py

bench: build ## CPU per request beside nginx, with and without TLS; instructions and allocations against thresholds
	@scripts/install.sh bench
	.venv/bin/python Benchmarks/bench.py $(ARGS)

fuzz: ## Fuzz the framing, JSON, SSE, event streams and dialects; SECONDS_EACH, 60 unless told
	@scripts/install.sh build
	Fuzz/run.sh $(or $(SECONDS_EACH),60)

catalogue: ## The model catalogue is what its pinned sources give (needs PyPI); scripts/catalogue/catalogue.py writes it
	python3 scripts/catalogue/catalogue.py --check

conformance: ## Every SDK against every provider dialect; writes docs/conformance.md
	@scripts/install.sh test
	swift build --product turnpike
	.venv/bin/pip install -q -r Tests/Conformance/requirements.txt
	.venv/bin/python Tests/Conformance/run.py --turnpike .build/debug/turnpike --write docs/conformance.md
	.venv/bin/python Tests/Conformance/check_judge.py --turnpike .build/debug/turnpike
	[ -d .venv-frameworks ] || python3 -m venv .venv-frameworks
	.venv-frameworks/bin/pip install -q --only-binary :all: -r Tests/Conformance/requirements-frameworks.txt
	.venv-frameworks/bin/python Tests/Conformance/frameworks.py --turnpike .build/debug/turnpike

clean:
	rm -rf .build .venv
