# SPDX-License-Identifier: MIT
# Nothing that shellcheck finds. The tests run under sh -eu, so a cd that fails ends them (SC2164).
cd "$TOP"
shellcheck -s sh -S warning samples/*.sh
shellcheck -s sh -S warning -e SC2164 tests/*/*.sh tests/pipeline/lib/*.sh
