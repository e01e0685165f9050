# Plumbline: every step a person or CI takes is one target here.
#
#   make run      install what is missing, build, start the server on var/plumbline (DATA=, PORT=)
#   make run DEMO=1  the same with a supervisor's demonstration market, on var/market (DEMO_DATA=)
#   make check    install what is missing, build, judge this host without a server
#   make test     install what is missing, build, run all tests
#   make torture  kill the vault's writer and the database's server 1,000 times and crash a simulated disk (KILLS=, CRASHES=, SEED=)
#   make fuzz     libFuzzer against every reader of outside bytes in the vault, of tables, and of signed packages (SECONDS= for each, PARSERS=)
#   make tsan     one writer and every kind of reader under the thread sanitizer (SECONDS=, SEED=)
#   make judge    let Go, sigstore, pymerkle and cryptography judge what the vault writes (PLUMBLINE=, SEED=, FLIPS=, JUDGE_MAY_SKIP=1)
#   make judge-server  let schemathesis, wapiti, sqlmap, hydra, testssl, sslyze, drheader and our own judge the running server
#                      (PLUMBLINE=, JUDGES="a b", WITHOUT="testssl", CRAWL=, EXAMPLES=, LEVEL=, JUDGE_MAY_SKIP=1)
#   make lint     formatting and house rules
#   make format   format the sources
#   make bench    speed, as ratios to other tools in the same run
#   make browser-test  walk the first run in Chromium: both languages, light and dark, narrow and wide (PICTURES=)
#   make bench-server  pages with three years of use behind them, by wrk (SYSTEMS=, DAYS=, SECONDS_EACH=)
#   make bench-market  a supervisor's pages with a market of 10,000 firms and every clause (FIRMS=, QUARTERS=, GAPS=, SECONDS_EACH=, CONNECTIONS=)
#   make bench-vault   the vault's part alone (EVENTS=10000000, ROUNDS=, BENCH_DIR=, VAULT_BENCHMARK=)
#   make bench-identity   whether the time of a refused sign-in tells anything (ROUNDS=)
#   make dist     one stripped program file, with man page and shell completions, in .build/dist

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run check browser-test bench-server bench-market test torture fuzz tsan judge judge-server lint format bench bench-vault bench-identity dist setup setup-test setup-judge setup-judge-server setup-bench setup-bench-vault release clean

SWIFT ?= swift
RELEASE := .build/release/plumbline
RELEASE_FLAGS := -c release --static-swift-stdlib

# argon2, expat, libyaml, minizip, SQLite and zstd go into the program, which finds zlib on every Debian and looks for libxlsxwriter when it
# writes a workbook; openssl and openssh-server are what the tests try the collectors on; libreoffice-calc opens the workbooks that were written;
# python3-venv holds the emulator of an S3 store, the programs that read and write workbooks too, and the browser's driver. The judges are Go's packages for transparency logs, and
# from PyPI those of Scripts/judge/requirements.txt. The vault is measured beside C, SQLite and PostgreSQL.
PACKAGES := libargon2-dev libexpat1-dev libminizip-dev libsqlite3-dev libxlsxwriter-dev libyaml-dev libzstd-dev zlib1g-dev
TEST_PACKAGES := libreoffice-calc libreoffice-writer openssl openssh-server python3-cryptography python3-venv zbar-tools
BROWSER_PACKAGES := chromium fonts-noto-cjk python3-venv
JUDGE_PACKAGES := golang-go golang-golang-x-mod-dev python3-venv
SERVER_JUDGE_PACKAGES := sqlmap hydra testssl.sh curl openssl python3-venv
BENCH_PACKAGES := lynis time
VAULT_BENCH_PACKAGES := gcc libc6-dev libssl-dev postgresql

# $(call install,PACKAGES) installs those that are missing; as root, or through sudo.
define install
	@missing=; for package in $(1); do \
	    dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q '^install ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	    as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	    echo "installing:$$missing"; \
	    $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends $$missing >/dev/null \
	        || { echo "could not install:$$missing (apt-get install$$missing)" >&2; exit 1; }; \
	fi
endef

setup:
	@command -v $(SWIFT) >/dev/null || { echo "Swift 6.2 or later is needed: https://www.swift.org/install" >&2; exit 1; }
	$(call install,$(PACKAGES))
	@mkdir -p .build/link && ln -sf "$$(dpkg -L libsqlite3-dev | grep '/libsqlite3\.a$$')" .build/link/libsqlite3.a

setup-test: setup
	$(call install,$(TEST_PACKAGES))

setup-judge: setup
	$(call install,$(JUDGE_PACKAGES))

# A judge that Debian does not give is told and counted by the judge's own script.
setup-judge-server: setup
	$(if $(filter 1,$(JUDGE_MAY_SKIP)),-)$(call install,$(SERVER_JUDGE_PACKAGES))

setup-bench: setup
	$(call install,$(BENCH_PACKAGES))

setup-bench-vault: setup
	$(call install,$(VAULT_BENCH_PACKAGES))

release: setup
	$(SWIFT) build $(RELEASE_FLAGS) --product plumbline

DATA ?= var/plumbline
DEMO_DATA ?= var/market
PORT ?= 8443
run: release
ifneq ($(DEMO),)
	@[ -e $(DEMO_DATA) ] || $(RELEASE) demo market --data $(DEMO_DATA)
	@$(RELEASE) serve --data $(DEMO_DATA) --port $(PORT)
else
	@$(RELEASE) serve --data $(DATA) --port $(PORT)
endif

# Exit status 1 and 2 are verdicts, not failures of the program.
check: release
	@$(RELEASE) check || [ $$? -le 2 ]

test: setup-test
	@Scripts/moto.sh >/dev/null || echo "the S3 emulator could not be installed: the suite \"Copies to a store\" is skipped" >&2
	@Scripts/openpyxl.sh >/dev/null || echo "openpyxl could not be installed: the suite \"Workbooks of Python's libraries\" is skipped" >&2
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --skip "$(ALONE)"
	$(SWIFT) test --skip-build --no-parallel --filter "$(ALONE)"

# Suites that kill programs at chosen moments, or whose subject is a deadline on a real socket: beside a thousand others they would try how busy the
# machine is. They run after the others, one test at a time.
ALONE := ProbesTests|WatchProcessTests|WatchPageTests|CopyTests|DatabaseKillTests|TLSServerTests|TrailReaderTests|KillTests

# The browser is Debian's; its driver comes from PyPI into a place of its own.
PICTURES ?= .build/pictures
BROWSER := .build/browser
browser-test: setup-test
	$(call install,$(BROWSER_PACKAGES))
	@[ -x $(BROWSER)/bin/python ] || python3 -m venv $(BROWSER)
	@$(BROWSER)/bin/python -c 'import playwright' 2>/dev/null || $(BROWSER)/bin/pip install --quiet -r Tests/Browser/requirements.txt || [ -n "$(MAY_SKIP)" ]
	$(SWIFT) build --product plumbline
	@if $(BROWSER)/bin/python -c 'import playwright' 2>/dev/null; then \
	    for walk in first_run accounts supervisor watch submissions; do echo "walking: $$walk"; $(BROWSER)/bin/python Tests/Browser/$$walk.py .build/debug/plumbline $(PICTURES) || exit 1; done; \
	    echo "pictures: $$(ls $(PICTURES) | wc -l) in $(PICTURES)"; \
	else echo "SKIPPED: 5 walks in the browser, its driver could not be installed" >&2; fi

# The long faults of vault and database: so many kills -9 and simulated crashes, from that seed.
KILLS ?= 1000
CRASHES ?= 2000
SEED ?= 1
torture: setup-test
	$(SWIFT) build --build-tests
	VAULT_KILLS=$(KILLS) VAULT_CRASHES=$(CRASHES) VAULT_SEED=$(SEED) DATABASE_KILLS=$(KILLS) DATABASE_SYNCS=120 \
	    $(SWIFT) test --skip-build --filter "KillTests|StressKillTests|FaultTests"

# The shell counts seconds in a variable of that name, so the scripts know it by another.
SECONDS ?= 60
fuzz: setup
	SWIFT=$(SWIFT) SECONDS_EACH=$(SECONDS) PARSERS="$(PARSERS)" Scripts/fuzz.sh

tsan: setup
	$(SWIFT) build --sanitize=thread --scratch-path .build-tsan --product vault-stress -Xswiftc -DPLUMBLINE_TSAN
	TSAN_OPTIONS=halt_on_error=1 .build-tsan/debug/vault-stress --seconds $(SECONDS) --seed $(SEED)

# Outside implementations accept what the program writes, and refuse it with one bit flipped. PLUMBLINE names another program to judge.
PLUMBLINE ?= .build/debug/plumbline
FLIPS ?= 8
judge: setup-judge
	$(SWIFT) build --product plumbline
	PLUMBLINE=$(PLUMBLINE) SEED=$(SEED) FLIPS=$(FLIPS) Scripts/judge.sh

# The environment reaches the script: JUDGES, WITHOUT, CRAWL, EXAMPLES, LEVEL, JUDGE_MAY_SKIP. A program named by PLUMBLINE is judged as it is.
judge-server: setup-judge-server
ifeq ($(PLUMBLINE),.build/debug/plumbline)
	$(SWIFT) build --product plumbline
endif
	PLUMBLINE=$(PLUMBLINE) Scripts/judge-server.sh

lint: setup
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Benchmarks Fuzz Package.swift
	Scripts/house-rules.sh

format:
	$(SWIFT) format format --in-place --recursive --parallel Sources Tests Benchmarks Fuzz Package.swift

bench: setup-bench release
	$(SWIFT) build $(RELEASE_FLAGS) --product market-benchmark
	Scripts/bench.sh
	$(MAKE) --no-print-directory bench-server
	$(MAKE) --no-print-directory bench-market
	$(MAKE) --no-print-directory bench-vault

# The environment reaches the script: a program named by VAULT_BENCHMARK is measured as it is.
VAULT_BENCHMARK ?= .build/release/vault-benchmark
bench-server: setup-bench
	$(call install,wrk curl)
	$(SWIFT) build $(RELEASE_FLAGS) --product plumbline
	$(SWIFT) build $(RELEASE_FLAGS) --product server-benchmark
	Scripts/bench-server.sh

# A supervisor's server with a large market, beside SQLite's C interface on the same rows.
bench-market: setup-bench
	$(call install,wrk curl gcc libc6-dev)
	$(SWIFT) build $(RELEASE_FLAGS) --product plumbline
	$(SWIFT) build $(RELEASE_FLAGS) --product market-scale
	Scripts/bench-market.sh

bench-vault: setup-bench-vault
ifeq ($(VAULT_BENCHMARK),.build/release/vault-benchmark)
	$(SWIFT) build $(RELEASE_FLAGS) --product vault-benchmark
endif
	VAULT_BENCHMARK=$(VAULT_BENCHMARK) Scripts/bench-vault.sh

# Median and Mann-Whitney over interleaved refusals of every kind; the machine should be quiet.
bench-identity: setup
	$(SWIFT) build $(RELEASE_FLAGS) --product identity-benchmark
	.build/release/identity-benchmark $(or $(ROUNDS),200)

dist: release
	mkdir -p .build/dist
	cp $(RELEASE) .build/dist/plumbline
	strip .build/dist/plumbline
	for shell in bash zsh fish; do .build/dist/plumbline --generate-completion-script $$shell > .build/dist/plumbline.$$shell; done
	$(SWIFT) package --allow-writing-to-directory .build/dist generate-manual --output-directory .build/dist

clean:
	rm -rf .build .build-fuzz .build-tsan
