# SPDX-License-Identifier: MIT
# Real libvirt hosts with emulated guests (tests/hypervisors): what collect costs there beside virsh domstats, how near
# its figures come to the guests' and the kernel's own, and by how much migrations miss their estimates.
exec python3 -B "$TOP/tests/bench/libvirt.py" "$BIN" "$BUILD/bench/libvirt" ${SHORT:+--short}
