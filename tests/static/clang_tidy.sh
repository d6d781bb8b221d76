# SPDX-License-Identifier: MIT
# clang-tidy finds nothing (.clang-tidy says what it looks for).
exec make -s -k -C "$TOP" -j"$(nproc)" BUILD="$BUILD" tidy
