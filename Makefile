# Two commands matter to a newcomer: make run and make test. make help lists the rest.
GO ?= go
LINT = $(GO) tool -modfile=tools/lint.mod golangci-lint
FUZZTIME ?= 30s

.PHONY: help build run test check lint fmt gen tables race fuzz bench soak servers readme train eval lab

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## build bin/nospim
	$(GO) build -trimpath -o bin/nospim ./cmd/nospim

run: build ## build, then watch spim being stopped on a real chat server
	bin/nospim demo

servers: ## install the Debian packages that the tests drive (says which)
	tools/servers.sh

test: servers ## run every test, against real servers
	$(GO) test -timeout 30m ./...

check: gen lint race ## what CI runs beside the tests: generated files, lint, race detector
	git diff --exit-code -- docs

lint: ## gofumpt, goimports, vet and the linters
	$(GO) vet ./...
	$(LINT) run ./...

fmt: ## format everything
	$(LINT) fmt ./...

gen: build ## write the generated documents
	bin/nospim docs docs

tables: ## write the tables of room text anew, after a change in internal/gentext
	$(GO) run ./internal/gentext

race: servers ## the tests with the race detector, the long ones shortened
	$(GO) test -race -short -timeout 30m ./...

train: build ## learn the shipped filter again, and write its card
	bin/nospim train -o model/weights.bin --card docs/model.md

eval: build ## the published protocols, from the copies of the data in testdata
	bin/nospim eval --protocol published

lab: build ## play the lab on reporting seeds, print what became of attacks and of honest people (docs/simulate.md)
	bin/nospim simulate mix --seed 1000 --people 2000 --hours 48 --incidents 60 | bin/nospim replay --labels --plot bin/lab.png -
	bin/nospim simulate honest testdata/chat-*/conversations.jsonl | bin/nospim replay --labels -

readme: build ## write what the commands of the README really print into it
	$(GO) run ./internal/readme

fuzz: ## fuzz every parser for FUZZTIME each
	$(GO) run ./internal/fuzz -time $(FUZZTIME)

bench: build ## measure, print ratios, write docs/benchmarks.md
	$(GO) run ./internal/bench -write docs/benchmarks.md

soak: ## long tests: kill -9 two hundred times under load; the tests that drive servers, twenty times over
	NOSPIM_SOAK=1 $(GO) test -timeout 3h -count=1 -run TestKillUnderLoad ./cmd/nospim
	$(GO) test -timeout 3h -count=20 ./connect/xmpp/prosody ./connect/xmpp/ejabberd ./simulate/xmppplay
