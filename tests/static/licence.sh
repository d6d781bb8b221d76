# SPDX-License-Identifier: MIT
# Every source file states its licence where a reader looks first.
cd "$TOP"
find collect analyze plan apply samples tests \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' \) -exec awk '
    FNR == 1 { stated = 0 }
    FNR <= 2 && /SPDX-License-Identifier: MIT/ { stated = 1 }
    FNR == 2 && !stated { print FILENAME ": no SPDX line at its top"; wrong = 1 }
    END { exit wrong }' {} +
