# SPDX-License-Identifier: MIT
# Of one thing the singular is said, of several the plural.
. "$TOP/tests/pipeline/lib/refusal.sh"
small_snapshot in
succeeds 'several' collect in -o several
grep -q '^Snapshot complete: 2 clusters, 4 resource pools, 3 hosts, 4 VMs, 2 rules\.$' heard || complain 'several' "$(cat heard)"
rm -rf in && mkdir in
small_snapshot whole
grep -E '^(id|h-1|p-1|r-1|c-1),' whole/hosts.csv >in/hosts.csv
grep -E '^(id|p-1),' whole/pools.csv >in/pools.csv
grep -E '^(id|r-2),' whole/rules.csv | sed 's/vm-2,h-1 h-2/vm-1,h-1/' >in/rules.csv
grep -E '^(id|c-1),' whole/clusters.csv >in/clusters.csv
grep -E '^(id|vm-1),' whole/vms.csv | sed 's/p-2/p-1/' >in/vms.csv
grep -E '^(entity_id|h-1|vm-1),' whole/samples.csv >in/samples.csv
cp whole/snapshot.csv in
succeeds 'one' collect in -o one
grep -q '^Snapshot complete: 1 cluster, 1 resource pool, 1 host, 1 VM, 1 rule\.$' heard || complain 'one' "$(cat heard)"
succeeds 'one, evaluated' analyze one -o one.csv
grep -q '^1 cluster, 1 host, 1 VM: 1 hot host, 0 short VMs, 0 not measured\.$' heard || complain 'one, evaluated' "$(cat heard)"
finish
