# SPDX-License-Identifier: MIT
# cppcheck finds nothing. Not asked for: functions without a caller (headers are contracts, GLib's cleanup
# calls the free functions) and the headers of the system.
cd "$TOP"
mkdir -p "$BUILD/cppcheck"
cppcheck --quiet --enable=warning,style,performance,portability --std=c11 --library=gtk,posix \
    --suppress=missingIncludeSystem --inline-suppr --error-exitcode=1 --cppcheck-build-dir="$BUILD/cppcheck" \
    -j "$(nproc)" -I. -D_GNU_SOURCE -DVMANGER_VERSION='"0"' -D'G_GNUC_PRINTF(f,a)=' \
    collect analyze plan apply samples tests
