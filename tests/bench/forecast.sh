# SPDX-License-Identifier: MIT
# How far each estimator is off the next hour's mean of real VMs, against the last five minutes taken as they are.
exec python3 "$TOP/tests/bench/forecast.py" "$BUILD/tests/forecast" "$DATA"
