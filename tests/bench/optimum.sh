# SPDX-License-Identifier: MIT
# The fewest migrations that leave no host hot: plan beside the optimum that Debian's coinor-cbc proves.
exec python3 "$TOP/tests/bench/optimum.py" "$BIN" "$BUILD/bench/optimum" ${SHORT:+--short}
