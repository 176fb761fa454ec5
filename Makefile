# Every command a newcomer or a contributor needs; `make help` lists them.

.DEFAULT_GOAL := help

# The output of the tools must not depend on the language of the machine.
export LC_ALL := C.UTF-8

# rustup installs to this place, which a shell that was open before does not know yet.
export PATH := $(PATH):$(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)/bin

kafka_version := 4.4.0

.PHONY: help run kafka test test-frameworks test-versions pictures sample words bench soak check clean

help:
	@echo 'make run     install what is missing, build and open Eventscope;'
	@echo '             ARGS="…" is passed to it, for example ARGS="--help"'
	@echo 'make kafka   an Apache Kafka from Maven Central into target/kafka, for --sandbox kafka'
	@echo 'make test    install what is missing, then run every check and every test, headless'
	@echo 'make test-frameworks'
	@echo '             real frameworks park messages, which are looked at; fetches them from PyPI,'
	@echo '             npm and Maven Central into target/frameworks, says so where it cannot'
	@echo 'make test-versions'
	@echo '             the broker tests once more, against newer RabbitMQs in folders of their own, and'
	@echo '             the Kafka tests against an older Kafka; needs root and Debian packages, says so'
	@echo '             where it cannot'
	@echo 'make pictures'
	@echo '             the pictures of README.md, from scenes in a real window, into assets/'
	@echo 'make sample  the sample recording, assets/sample.eventscope, from the sandbox'
	@echo 'make words  the list of all texts of the app, assets/words.txt, from the sources'
	@echo 'make bench   install what is missing, then measure; prints one line per figure'
	@echo 'make soak    the same for one long run under load; SOAK_MINUTES=30 unless told otherwise'
	@echo 'make check   only formatting and lints (fast, installs nothing)'
	@echo 'make clean   remove everything that was built'
	@echo
	@echo 'SKIP_INSTALL=1 leaves the packages of this machine as they are.'

run:
	@.ci/check-rust
	@.ci/install-packages build run
	cargo build --release --locked
	@.ci/start-app target/release/eventscope $(ARGS)

kafka:
	@.ci/install-packages kafka
	@.ci/kafka $(kafka_version) target/kafka/$(kafka_version)

test:
	@.ci/check-rust fmt clippy
	@.ci/install-packages build run test kafka
	@.ci/kafka $(kafka_version) target/kafka/$(kafka_version)
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	@.ci/check-dependencies
	cargo test --locked

test-frameworks:
	@.ci/check-rust
	@.ci/frameworks target/frameworks
	EVENTSCOPE_FRAMEWORKS=target/frameworks cargo test --locked --test broker -- frameworks

test-versions:
	@.ci/check-rust
	@.ci/test-versions
	@.ci/test-kafka-versions

pictures:
	@.ci/check-rust
	@.ci/install-packages build run test
	cargo test --locked --test pictures -- --ignored

sample:
	@.ci/check-rust
	@.ci/install-packages build run
	cargo test --locked --test broker -- --ignored sample_recording

words:
	@.ci/check-rust
	EVENTSCOPE_WORDS=1 cargo test --locked --test words

bench:
	@.ci/check-rust
	@.ci/install-packages build run test bench
	cargo bench --locked --bench figures -- $(ARGS)

soak:
	@$(MAKE) bench ARGS=soak

check:
	@.ci/check-rust fmt clippy
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

clean:
	cargo clean
