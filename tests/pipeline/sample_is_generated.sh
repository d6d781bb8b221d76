# SPDX-License-Identifier: MIT
# samples/snapshot is what its generator makes, byte for byte.
"$BUILD/tests/generate" --company -o "$TMP/snapshot"
diff -r "$TOP/samples/snapshot" "$TMP/snapshot"
