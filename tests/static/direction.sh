# SPDX-License-Identifier: MIT
# Data flows left to right and so do dependencies: no stage includes a header of one to its right.
cd "$TOP"
status=0
wrong() {
    if grep -rnE --include='*.[ch]' "^#include \"($2)/" "$1"; then
        echo "$1 includes what is to its right"
        status=1
    fi
}
wrong collect 'analyze|plan|apply|samples|tests'
wrong analyze 'plan|apply|samples|tests'
wrong plan 'apply|samples|tests'
wrong apply 'samples|tests'
exit $status
