# SPDX-License-Identifier: MIT
# cppcheck finds nothing. Not asked for: functions without a caller (headers are contracts, GLib's cleanup
# calls the free functions), the headers of the system, and leaks: it does not see that a struct copied into a
# GArray takes its strings along; every test runs under LeakSanitizer, which does.
cd "$TOP"
mkdir -p "$BUILD/cppcheck"
cppcheck --quiet --enable=warning,style,performance,portability --std=c11 --library=gtk,posix \
    --suppress=missingIncludeSystem --suppress=memleak --error-exitcode=1 --cppcheck-build-dir="$BUILD/cppcheck" \
    -j "$(nproc)" -I. -D_GNU_SOURCE -DVMANGER_VERSION='"0"' -D'G_GNUC_PRINTF(f,a)=' -D'SUITES(X)=' \
    collect analyze plan apply samples tests
