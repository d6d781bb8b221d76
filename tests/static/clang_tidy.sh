# SPDX-License-Identifier: MIT
# clang-tidy finds nothing (.clang-tidy says what it looks for).
found=$(make -s -k -C "$TOP" -j"$(nproc)" BUILD="$BUILD" tidy 2>&1) || {
    printf '%s\n' "$found" | grep -E 'error: |\*\*\*'
    exit 1
}
