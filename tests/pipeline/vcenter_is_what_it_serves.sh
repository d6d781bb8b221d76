# SPDX-License-Identifier: MIT
# The simulated vCenter, read by a client that nobody here wrote: tests/vcenter/test.sh.
exec sh "$TOP/tests/vcenter/test.sh" "$TOP/samples/snapshot"
