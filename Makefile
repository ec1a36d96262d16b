# Tollgate's commands. `make help` lists them.

SWIFT ?= swift
DATA  ?= .tollgate
PORT  ?= 8080

# One release build serves `run`, the benchmarks and the images: the Swift runtime, SQLite and zlib are linked in.
ifeq ($(shell uname -s),Linux)
RELEASE_FLAGS = --static-swift-stdlib -Xlinker --version-script=$(CURDIR)/scripts/exports.map
build: export TOLLGATE_STATIC = 1
endif
BIN = .build/release

.PHONY: help deps libs build run test histories tsan fuzz bench lint format clean dist images compose-up compose-down compose-gateways-up \
        compose-gateways-down observability-up observability-down test-containers test-cluster test-image-build \
        test-arm64 test-deploy test-logs test-game-days test-observability kind-up minikube-up check-encryption

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: # Install libsqlite3-dev and zlib1g-dev where they are missing, or print the line that does
	@scripts/install-dependencies

libs: deps
	@scripts/static-libraries .build-libs

build: libs ## Build everything for release
	$(SWIFT) build -c release $(RELEASE_FLAGS)

run: build ## Build, then start the gateway and both services (Ctrl-C stops them)
	@exec $(BIN)/tollgate up --data $(DATA) --port $(PORT)

# The C of the cryptography library is optimised in test builds too: a password hash takes seconds otherwise.
TEST_FLAGS = -Xcc -O2 -Xcxx -O2

# How many tests run at once. Without a bound all of them begin at the same time, and each waits for its next turn until
# every other one has had its first: a minute, on two cores.
test histories: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 12

test: deps ## Run every test that needs nothing but this machine
	$(SWIFT) build --build-tests $(TEST_FLAGS)
	$(SWIFT) test --skip-build $(TEST_FLAGS) --skip SystemTests $(TEST_ARGS)
	$(SWIFT) test --skip-build $(TEST_FLAGS) --filter SystemTests $(TEST_ARGS)

histories: deps ## Run long random histories: HISTORY_STEPS (25000) steps each, POWER_LOSSES (500) power losses each
	$(SWIFT) build --build-tests $(TEST_FLAGS)
	HISTORY_STEPS=$(or $(HISTORY_STEPS),25000) POWER_LOSSES=$(or $(POWER_LOSSES),500) \
	  $(SWIFT) test --skip-build $(TEST_FLAGS) --filter 'RandomHistoryTests|SagaHistoryTests|PowerLossTests'

tsan: deps ## Run the core's unit tests under ThreadSanitizer
	TOLLGATE_CORE=1 TSAN_OPTIONS="suppressions=$(CURDIR)/scripts/tsan.supp halt_on_error=1" \
	  $(SWIFT) test --sanitize=thread --scratch-path .build-tsan

fuzz: deps ## Fuzz the parsers for FUZZ_SECONDS (60)
	@scripts/fuzz $(or $(FUZZ_SECONDS),60)

bench: build ## Measure against nginx, HAProxy, Envoy and PostgreSQL (docs/performance.md)
	@Tests/Benchmarks/run $(BENCH_ARGS)

lint: ## Check the formatting of Swift, shell and YAML
	@scripts/lint

format: ## Format the Swift sources
	$(SWIFT) format -i -r Sources Tests Package.swift

clean: ## Remove what was built (not your data)
	rm -rf .build .build-libs .build-tsan .build-fuzz dist

dist: build # The four programs, stripped, for the images' `prebuilt` target
	@mkdir -p dist && for p in gateway user-service payments-service tollgate; do strip -o dist/$$p $(BIN)/$$p; done

images: ## Build the container images
	@docker/build-images $(IMAGE_ARGS)

compose-up: images ## Start the system with docker compose and wait until it is healthy
	docker compose -f docker/compose.yaml up --no-build --detach --wait

compose-down: ## Stop it (the volumes stay)
	docker compose -f docker/compose.yaml down

compose-gateways-up: images ## The same with three gateways behind one port
	docker build --quiet --file docker/front.Dockerfile --tag tollgate/front:$(or $(TAG),dev) .
	docker compose -f docker/compose.yaml -f docker/compose.gateways.yaml up --no-build --detach --wait

compose-gateways-down: ## Stop it
	docker compose -f docker/compose.yaml -f docker/compose.gateways.yaml down

OBSERVED = docker compose -f docker/compose.yaml -f docker/compose.observability.yaml

observability-up: images ## The same with Prometheus, Grafana, Jaeger, Fluentd, Elasticsearch and Kibana beside it
	$(OBSERVED) up --no-build --detach --wait

observability-down: ## Stop it (the volumes stay)
	$(OBSERVED) down

test-containers: dist ## Test the images and the compose files on a real engine
	@Tests/Deploy/test-observed-stack
	@Tests/Deploy/test-containers
	@Tests/Deploy/test-gateways

test-cluster: dist ## Deploy into a real cluster of two nodes; roll, drain, restore and release there (root on Debian)
	@Tests/Cluster/test-cluster

test-image-build: ## Compile the programs inside of an image, as on a machine with nothing but Docker
	@Tests/Deploy/test-image-build

test-arm64: ## Compile for arm64, build its images and run the system with them, emulated (root on Debian, amd64)
	@Tests/Arm64/test-arm64

test-deploy: ## Render and validate the Kubernetes manifests; test the way into a cluster with stand-ins for its tools
	@Tests/Deploy/test-manifests
	@Tests/Deploy/test-cluster-up
	@Tests/Deploy/test-encryption-check
	@Tests/Deploy/test-restore
	@Tests/Deploy/test-seal-secrets
	@Tests/Deploy/test-webhook-egress
	@Tests/Deploy/test-observed-stack
	@Tests/Deploy/test-runbooks
	@Tests/Deploy/test-documents

test-logs: ## Hold the schema of log lines against the sources and the programs; parse them as the collectors do
	@Tests/Logs/test-logs

test-game-days: ## Run every line of docs/game-days.md against the programs
	@Tests/GameDays/test-game-days

test-observability: deps ## Test rules, alerts and dashboards against docs/metrics.md, promtool and the real Prometheus
	@Tests/Observability/test-names
	@Tests/Observability/test-rules
	$(SWIFT) build --build-tests $(TEST_FLAGS)
	@Tests/Observability/test-prometheus

test-console: deps ## Test the console in a real Chromium, every flow by keyboard
	$(SWIFT) build $(TEST_FLAGS)
	@Tests/Console/test-console

kind-up: ## Build, load and deploy into a kind cluster
	@deploy/cluster-up kind

minikube-up: ## Build, load and deploy into minikube
	@deploy/cluster-up minikube

check-encryption: ## Look in the cluster's etcd whether Secrets are encrypted there
	@deploy/check-encryption-at-rest

include deploy/delivery.mk
