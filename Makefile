# The few commands a person needs; Meson does the building (see CONTRIBUTING.md).
PORT ?= 8080
DATA ?= reeve-demo
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: run test build bench install clean

# Installs what is missing, builds, and starts a demo company; prints a sign-in link.
run:
	@tools/install build
	@$(MAKE) --no-print-directory build
	@exec $(BUILD)/reeve demo --data "$(DATA)" --listen 127.0.0.1:$(PORT)

build:
	@tools/assets
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) --buildtype=release -Dtests=false >/dev/null
	@# Meson lists files when it is set up: one that came or went since then sets it up again.
	@find src web/templates web/styles web/scripts web/images web/dist practices docs po -type f 2>/dev/null | LC_ALL=C sort > $(BUILD)/.files.new; \
	  cmp -s $(BUILD)/.files.new $(BUILD)/.files || meson setup --reconfigure $(BUILD) >/dev/null; mv $(BUILD)/.files.new $(BUILD)/.files
	@ninja -C $(BUILD) src/cli/reeve
	@ln -sf src/cli/reeve $(BUILD)/reeve

# Installs what the tests need and runs all of them; ends with "N passed, N failed".
test:
	@tools/install build test
	@tools/assets
	@tools/run-tests

bench:
	@tools/install build bench
	@$(MAKE) --no-print-directory build
	@tools/run-bench

install: build
	@meson configure $(BUILD) --prefix "$(PREFIX)" >/dev/null
	@ninja -C $(BUILD) src/cli/reeve man
	@DESTDIR="$(DESTDIR)" meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-*
