# SPDX-License-Identifier: MIT
# Even clusters: plan's search against hbal of Debian's ganeti-htools, with as many moves as the peer made.
exec python3 "$TOP/tests/bench/hbal.py" "$BUILD/tests/hbal" "$BUILD/bench/hbal" ${SHORT:+--short}
