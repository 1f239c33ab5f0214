# What there is to do here. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help demo build mock-upstream run-gateway run-gateway-dev run-client test lint fmt \
	test-sdk test-ui check-deploy fuzz soak eval bench bench-keys bench-gate bench-metrics load health-gateway health-upstream \
	check-dedicated

# The question of `make demo`.
PROMPT ?= Why is the sky blue?
# Whether `make demo` thinks for long and shows lines while it does (LIVE=1).
LIVE ?=
# More flags for the client, as one would type them.
CLIENT_ARGS ?=
# How long `make fuzz` and `make soak` run, and the seed of the latter's faults.
SECONDS ?= 60
SEED ?= 20261121
# Where a gateway runs that was started by hand.
GATEWAY_URL ?= http://127.0.0.1:8000
# What `make build` builds: the three programs at once, without the test dependencies. One alone
# would need fewer features of its dependencies, and so build them anew.
DEMO_BUILD ?= -p inference-gateway -p mock-upstream -p gateway-client --bins

BINARIES := $(or $(CARGO_TARGET_DIR),target)/debug

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' Makefile

demo: export PROMPT := $(PROMPT)
demo: export LIVE := $(LIVE)
demo: build ## see it work: mock model, gateway and client, then stop them (PROMPT=, LIVE=1, CLIENT_ARGS=)
	@sh scripts/demo.sh "$(BINARIES)" $(CLIENT_ARGS)

build: ## build the three programs
	@cargo build $(DEMO_BUILD)

mock-upstream: build ## run the mock model server, on 127.0.0.1:8001
	@"$(BINARIES)/mock-upstream"

run-gateway: build ## run the gateway, on 127.0.0.1:8000, with the settings of .env
	@"$(BINARIES)/inference-gateway"

run-gateway-dev: ## run the gateway, and restart it whenever its source or .env changes
	@sh scripts/dev.sh "$(BINARIES)"

run-client: build ## ask a running gateway (CLIENT_ARGS=, GATEWAY_URL=)
	@"$(BINARIES)/gateway-client" --url "$(GATEWAY_URL)/v1/chat/completions" \
		$(or $(CLIENT_ARGS),--model mock-reasoner "$(PROMPT)")

man: build ## write the client's manual page and completions to target/man
	@mkdir -p target/man
	@"$(BINARIES)/gateway-client" man >target/man/gateway-client.1
	@"$(BINARIES)/gateway-client" completions bash >target/man/gateway-client.bash
	@"$(BINARIES)/gateway-client" completions zsh >target/man/_gateway-client
	@"$(BINARIES)/gateway-client" completions fish >target/man/gateway-client.fish
	@ls target/man/*

.PHONY: chat man

chat: build ## chat with a running gateway (CLIENT_ARGS=, GATEWAY_URL=)
	@"$(BINARIES)/gateway-client" --url "$(GATEWAY_URL)" chat $(CLIENT_ARGS)

test: ## run every test
	@sh scripts/test-tools.sh
	@cargo test --workspace --no-fail-fast

test-sdk: build ## run real clients (OpenAI, Anthropic, …), and test the API reference
	@sh scripts/test-sdk.sh "$(BINARIES)"

test-ui: build ## test the playground in Chromium, and leave screenshots in target/ui
	@sh scripts/test-ui.sh "$(BINARIES)"

lint: ## check formatting, lints, documentation and dependencies
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets -- -D warnings
	@cargo clippy -p inference-gateway --lib --bins -- -D warnings
	@RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --workspace
	@sh scripts/deny.sh

check-deploy: ## check image, compose file, manifests, unit and alerts, without a container engine
	@sh scripts/check-deploy.sh

fmt: ## format the source
	@cargo fmt --all

fuzz: ## look for inputs that break a parser (SECONDS=, shared by five targets)
	@sh scripts/fuzz.sh "$(SECONDS)"

soak: ## a real gateway under seeded faults (SECONDS=, SEED=)
	@SOAK_SECONDS="$(SECONDS)" SOAK_SEED="$(SEED)" cargo test --quiet --test gateway \
		-- --exact soak::streams_keep_their_promises_under_faults --nocapture

eval: ## how good summaries are, over transcripts (EVAL_BASE_URL=, EVAL_API_KEY=, EVAL_MODEL=)
	@cargo test --quiet --test gateway -- --nocapture \
		--exact eval::summaries_are_short_own_words_in_the_users_language

bench: ## measure the parser
	@cargo bench -p reasoning-stream

bench-keys: ## measure what key, limits and route cost a request, among 10,000 keys
	@cargo test --release --quiet -p inference-gateway --lib -- --nocapture \
		--exact http::access::tests::a_request_costs_little_before_anything_is_called

bench-gate: ## count instructions: the parser's may grow by 5 %, metrics and traces may take 5 % of a chunk; test the load
	@sh scripts/test-load.sh
	@sh scripts/bench-gate.sh
	@sh scripts/bench-metrics.sh --count

bench-metrics: ## count what metrics and traces cost a chunk, and time scrapes during 5,000 streams
	@sh scripts/bench-metrics.sh

load: ## the released gateway beside nginx as a raw proxy; writes bench/RESULTS.md (QUICK=1)
	@QUICK="$(QUICK)" sh scripts/load.sh

health-gateway: ## ask a running gateway whether it is well (GATEWAY_URL=)
	@sh scripts/get.sh "$(GATEWAY_URL)/healthz"

health-upstream: ## ask a running gateway whether it reaches its upstream (GATEWAY_URL=)
	@sh scripts/get.sh "$(GATEWAY_URL)/upstream-health"

check-dedicated: ## state of a dedicated endpoint (FRIENDLI_ENDPOINT_ID, UPSTREAM_API_KEY)
	@: "$${FRIENDLI_ENDPOINT_ID:?is not set: the id of the dedicated endpoint}"
	@: "$${UPSTREAM_API_KEY:?is not set: the key for the endpoint}"
	@cargo build $(DEMO_BUILD)
	@"$(BINARIES)/gateway-client" --status
