# SPDX-License-Identifier: MIT
# Every C file is as clang-format writes it.
cd "$TOP"
find collect analyze plan apply samples tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
