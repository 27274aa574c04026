# make demo and make test do everything on a fresh Debian, as root.
GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unreleased)
LDFLAGS := -s -w -X main.version=$(VERSION)
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZ    ?= 30s
# The longest first, so that none is left alone at the end.
TESTS   := ./cmd/activate ./testvm/run ./daemon/conformance ./testvm ./...

# The program, its tests and the linters are compiled alike, so that what one
# has compiled serves the others.
export CGO_ENABLED = 0
export GOFLAGS := $(GOFLAGS) -trimpath

.PHONY: build deps test demo lint race fuzz golden package bench soak

build: ## the static binary, in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/activate ./cmd/activate

deps: ## what the tests and the demo need from Debian
	sh testvm/deps.sh

test: deps build ## every test, real inits included
	$(GO) test -count=1 -timeout 60m $(TESTS)

soak: deps ## 5000 random walks, 400 power cuts
	ACTIVATE_WALKS=5000 $(GO) test -timeout 1h -run TestWalks ./cmd/activate
	ACTIVATE_POWER_CUTS=400 $(GO) test -timeout 8h -v -run TestPowerCuts ./cmd/activate

demo: deps build ## a throw-away Debian gets a multi-user Nix
	$(GO) run ./testvm/run -copy bin/activate:/usr/local/bin/activate -copy examples:/root/examples testvm/demo.sh

lint: ## and that it compiles where words have 32 bits and devices, too
	$(GO) vet ./... && GOARCH=mipsle $(GO) build ./... && $(GO) run $(LINT) run ./...

race: export CGO_ENABLED = 1
race:
	$(GO) test -race ./activation/... ./users ./etc ./daemon/... ./modules/...
fuzz: ## each fuzz target for FUZZ
	sh .ci/fuzz $(FUZZ)

golden: ## rewrite the golden files; review them as a diff
	UPDATE=1 $(GO) test ./...

package: ## deb, rpm and a bill of materials, in dist/
	.ci/package dist

bench: build ## beside systemd-tmpfiles and systemd-sysusers
	.ci/bench
