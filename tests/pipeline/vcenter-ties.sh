# SPDX-License-Identifier: MIT
# What ties VMs to hosts, and what hosts and clusters can do, comes back from the simulated vCenter as it was served.
. "$TOP/tests/pipeline/lib/vcenter.sh"

# edit: changes cells of the served tables, rows by their ids
cp -r "$snapshot" served
rm served/SHA256SUMS
python3 - served <<'END'
import csv, sys

def edit(table, changes):
    path = f"{sys.argv[1]}/{table}.csv"
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update(changes.get(row["id"], {}))
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)

edit("vms", {
    "vm-1001": {"pinned": "USB device not set up for vMotion"},
    "vm-1002": {"pinned": "CD-ROM drive of the host"},
    "vm-1003": {"pinned": "CD-ROM drive of a client; floppy drive of the host"},
    "vm-1004": {"pinned": "floppy drive of a client"},
    "vm-1005": {"pinned": "SR-IOV network card; SGX enclave memory"},
    "vm-1006": {"pinned": "serial port of the host; serial port on a pipe of the host; parallel port of the host"},
    "vm-1007": {"pinned": "persistent memory; SEV encrypted state; CPU affinity"},
    "vm-1008": {"pinned": "SCSI bus shared with VMs of its host", "scsi_bus_sharing": "virtual"},
    "vm-1009": {"pinned": "SCSI device of the host"},
    "vm-1010": {"scsi_bus_sharing": "physical", "hardware_version": "vmx-19"},
    "vm-1011": {"scsi_bus_sharing": "physical", "hardware_version": "vmx-10",
                "pinned": "SCSI bus shared by too old virtual hardware"},
    "vm-1012": {"vgpu_profiles": "grid_a40-8q"},
    "vm-1013": {"latency_sensitivity": "high"},
    "vm-1014": {"instant_clone_parent": "yes"},
    "vm-1015": {"fault_tolerance": "yes", "ft_role": "primary", "ft_partner_ids": "vm-1016"},
    "vm-1016": {"fault_tolerance": "yes", "ft_role": "secondary", "ft_partner_ids": "vm-1015"}})
edit("hosts", {
    "host-11": {"max_evc_mode": "intel-icelake", "max_hardware_version": "vmx-19", "product": "VMware ESXi 7.0.3",
                "vgpu_profiles": "grid_a40-8q grid_a40-16q"},
    "host-29": {"vsan_fault_domain": "Preferred"}})
edit("clusters", {
    "domain-c8": {"drs": "unstated", "cpu_reservable_mhz": "600000", "memory_reservable_mib": "2700000"},
    "domain-c26": {"vcls_health": "nonhealthy"}})
edit("pools", {
    "resgroup-9": {"cpu_reservation_used_mhz": "0", "cpu_unreserved_mhz": "599000", "memory_reservation_used_mib": "4096",
                   "memory_unreserved_mib": "0"}})
END
snapshot=$TMP/served
cp -r served expected
sed -i -E 's/,(vm_affinity|vm_anti_affinity),no,/,\1,yes,/' expected/rules.csv
vcenter_start
collects 0 'ties and abilities'
same_tables 'ties and abilities' out/s expected

# column TABLE ID COLUMN: a cell that was collected
column() {
    python3 -c 'import csv, sys
print(next(r[sys.argv[3]] for r in csv.DictReader(open(sys.argv[1])) if r["id"] == sys.argv[2]))' "out/s/$1.csv" "$2" "$3"
}

# equals CASE IS EXPECTED
equals() {
    test "$2" = "$3" || complain "$1" "found $2: expected $3"
}

order 'set?id=vm-1001&memory_hot_add_limit_mib=0' 'set?id=vm-1002&memory_hot_add_limit_mib=4096' \
    'set?id=vm-1003&memory_hot_add_limit_mib=8192' 'set?id=domain-c41&drs=unstated' \
    'set?id=datastore-21&accessible=no' 'set?id=datastore-22&lost_by=host-11' 'set?id=datastore-45&maintenance=inMaintenance'
collects 0 'what changed meanwhile'
equals 'a hot-add limit of 0' "$(column vms vm-1001 memory_hot_add_limit_mib)" ''
equals 'a hot-add limit below the size' "$(column vms vm-1002 memory_hot_add_limit_mib)" ''
equals 'a hot-add limit at the size' "$(column vms vm-1003 memory_hot_add_limit_mib)" 8192
equals 'DRS without a level' "$(column clusters domain-c41 drs)" unstated
equals 'datastores that are down, or down for a host' "$(column hosts host-11 datastores)" datastore-23
equals 'a datastore that is down' "$(column hosts host-12 datastores)" 'datastore-22 datastore-23'
equals 'a datastore in maintenance mode' "$(column hosts host-43 datastores)" ''
equals 'what a VM uses' "$(column vms vm-1001 datastores)" datastore-22

# an account that may not ask for these leaves them empty
order 'deny?property=config.hardware.device&type=VirtualMachine' 'rule?method=QueryConfigOptionDescriptor&do=fault&fault=NoPermission&times=0'
collects 3 'an account that sees no devices'
says 'an account that sees no devices' 'config\.hardware\.device cannot be read'
says 'an account that asks no browser' 'what CPUs and releases can do is not known in full: NoPermission'
equals 'an account that asks no browser' "$(column hosts host-12 max_hardware_version)" ''
equals 'an account that sees no devices' "$(column vms vm-1010 scsi_bus_sharing)" ''
vcenter_stop
finish
