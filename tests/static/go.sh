# SPDX-License-Identifier: MIT
# The simulated vCenter is as gofmt writes it, go vet finds nothing, its own tests pass.
exec make -s -C "$TOP" BUILD="$BUILD" go-check
