# SPDX-License-Identifier: MIT
# Nothing that shellcheck finds. The tests run under sh -eu, so a cd that fails ends them (SC2164), and share
# variables with the functions in lib (SC2034, SC2154). Benchmarks run under bash.
cd "$TOP"
shellcheck -s sh -S warning samples/*.sh
shellcheck -s sh -S warning -e SC2164,SC2034,SC2154 tests/static/*.sh tests/pipeline/*.sh tests/pipeline/lib/*.sh \
    tests/instrumented/*.sh tests/hypervisors/*.sh
shellcheck -s bash -S warning -e SC2164 tests/bench/*.sh
shellcheck -s bash -S warning samples/completions/*.bash
