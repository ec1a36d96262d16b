# The stages of the pipelines, in their order (docs/delivery/pipeline.md). Each runs here as it does there.

.PHONY: analyse sanitizers build-image scan sbom sign push deploy-staging smoke promote rollback pipeline-tools test-pipelines \
        blue-green-start blue-green-deploy blue-green-test blue-green-switch blue-green-rollback blue-green-retire \
        canary-weight argo-cd-release argo-cd-promote test-strategies test-chart test-argo-cd

pipeline-tools: # Install what lint, analyse, test and sanitizers use (a runner's first step)
	@scripts/pipeline-tools

analyse: deps ## Static analysis: warnings as errors, data races by type, manifests, policies, pipelines, secrets in git
	TOLLGATE_STRICT=1 $(SWIFT) build --build-tests $(TEST_FLAGS)
	@scripts/analyse
	@$(MAKE) --no-print-directory test-deploy test-strategies test-chart test-argo-cd test-pipelines

sanitizers: tsan fuzz ## The core under ThreadSanitizer, the parsers under AddressSanitizer and libFuzzer

build-image: ## Build the release's images, tagged with the commit, for PLATFORMS (linux/amd64,linux/arm64)
	@deploy/pipeline/build-image

scan: ## Refuse known vulnerabilities in them
	@deploy/pipeline/scan

sbom: ## Write what they are made of
	@deploy/pipeline/sbom

sign: ## Sign digests and SBOMs
	@deploy/pipeline/sign

push: ## Push what was signed to REGISTRY
	@deploy/pipeline/push

deploy-staging: ## Deploy the signed release to staging, by digest
	@deploy/pipeline/deploy staging

smoke: ## Walk through a payment at staging's URL
	@deploy/pipeline/smoke staging

promote: ## Deploy to production what passed in staging, if APPROVED_COMMIT names it
	@deploy/pipeline/promote

rollback: ## Take ENVIRONMENT (staging or production) back to what ran before
	@deploy/pipeline/rollback $(ENVIRONMENT)

test-pipelines: ## Check the three pipelines, and their stages with stand-ins for the tools
	@python3 Tests/Pipelines/check_pipelines.py
	@python3 Tests/Pipelines/check_pipelines.py --self-test
	@python3 Tests/Pipelines/test_stages.py

blue-green-start: ## Let the colour blue take over from the base's gateway
	@deploy/strategies/blue-green/colour start

blue-green-deploy: ## Deploy IMAGE as the colour of the gateway that does not serve
	@deploy/strategies/blue-green/colour deploy

blue-green-test: ## Make a payment through it
	@deploy/strategies/blue-green/colour test

blue-green-switch: ## Let it serve
	@deploy/strategies/blue-green/colour switch

blue-green-rollback: ## Let the colour serve that did before
	@deploy/strategies/blue-green/colour rollback

blue-green-retire: ## Remove the colour that does not serve
	@deploy/strategies/blue-green/colour retire

canary-weight: ## Give the canary WEIGHT of 100, BY istio, gateway-api or gateway (with UPSTREAM)
	@deploy/strategies/weight "$(BY)" "$(WEIGHT)" "$(UPSTREAM)"

test-strategies: ## Validate the release strategies; test their switches with a stand-in for kubectl
	@python3 Tests/Deploy/test-strategies
	@python3 Tests/Deploy/test-switches

test-chart: ## Compare the Helm chart with the base, validate it, test its values and how it keeps keys
	@python3 Tests/Deploy/test-chart

argo-cd-release: ## Write the signed release's digests into git for ENVIRONMENT (Argo CD syncs what is committed)
	@deploy/argo-cd/set-images release "$(ENVIRONMENT)"

argo-cd-promote: ## Write what FROM runs into git for TO, by digest
	@deploy/argo-cd/set-images promote "$(FROM)" "$(TO)"

test-argo-cd: ## Check what Argo CD is told, and promotion by digest
	@python3 Tests/Deploy/test-argo-cd
