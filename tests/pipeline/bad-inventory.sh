# SPDX-License-Identifier: MIT
# An inventory that cannot be is refused by file, line and column: ids, references, words, numbers, columns, tables.
. "$TOP/tests/pipeline/lib/refusal.sh"

# ids
refuses_edit 'a VM twice' vms.csv '3s/vm-2/vm-1/' ':3: id: found "vm-1": expected each id once'
refuses_edit 'a host with the id of a VM' vms.csv '2s/vm-1/h-2/' ':2: id: found "h-2": expected each id once'
refuses_edit 'a rule twice' rules.csv '3s/r-2/r-1/' ':3: id: found "r-1": expected each id once'
refuses_edit 'no id' hosts.csv '3s/h-2//' ':3: id: found nothing: expected a value$'
refuses_edit 'an id with a space' hosts.csv '4s/h-3/h 3/' ':4: id: found "h 3": expected an id with '
refuses_edit 'an id that is a formula' hosts.csv '4s/h-3/=h3/' ':4: id: found "=h3": expected an id with '
refuses_edit 'a name that is missing' hosts.csv '2s/esx1//' ':2: name: found nothing: expected a value$'

# references
refuses_edit 'a VM on an unknown host' vms.csv '4s/h-2/h-9/' ':4: host_id: found "h-9": expected an id of hosts.csv$'
refuses_edit 'a VM on no host' vms.csv '4s/h-2//' ':4: host_id: found nothing: '
refuses_edit 'a VM on a VM' vms.csv '4s/h-2/vm-1/' ':4: host_id: found "vm-1": expected an id of hosts.csv$'
refuses_edit 'a VM of another cluster than its host' vms.csv '4s/c-1/c-2/' ':4: cluster_id: found "c-2": '
refuses_edit 'a VM in an unknown pool' vms.csv '4s/p-2/p-7/' ':4: pool_id: found "p-7": expected an id of pools.csv$'
refuses_edit 'a VM in a pool of another cluster' vms.csv '4s/p-2/p-4/' ':4: pool_id: found "p-4": '
refuses_edit 'a host of an unknown cluster' hosts.csv '2s/c-1/c-7/' ':2: cluster_id: found "c-7": '
refuses_edit 'a pool under an unknown one' pools.csv '3s/p-1/p-7/' ':3: parent_id: found "p-7": '
refuses_edit 'a pool under one of another cluster' pools.csv '4s/p-2,c-1/p-4,c-1/' ':4: parent_id: found "p-4": '
refuses_edit 'a pool under itself' pools.csv '2s/,,/,p-1,/' ':2: parent_id: found "p-1": '
refuses_edit 'pools in a circle' pools.csv '2s/,,/,p-3,/' ':[234]: parent_id: found "p-[123]": expected pools that are not '
refuses_edit 'a rule for an unknown VM' rules.csv '2s/vm-3/vm-9/' ':2: vm_ids: found "vm-9": expected ids of vms.csv$'
refuses_edit 'a rule for an unknown host' rules.csv '3s/h-2/h-9/' ':3: host_ids: found "h-9": expected ids of hosts.csv$'
refuses_edit 'an unknown failover host' clusters.csv '2s/$/h-9/' ':2: ha_failover_hosts: found "h-9": '
refuses_edit 'a list with two spaces' rules.csv '2s/vm-1 /vm-1  /' ':2: vm_ids: found "vm-1  vm-3": expected ids separated '

# words
refuses_edit 'an unknown state' hosts.csv '3s/,on,/,asleep,/' ':3: power: found "asleep": expected one of on, standby, '
refuses_edit 'a word in capitals' hosts.csv '3s/,on,/,ON,/' ':3: power: found "ON": '
refuses_edit 'a word with a space' hosts.csv '3s/,on,/, on,/' ':3: power: found " on": '
refuses_edit 'neither yes nor no' hosts.csv '3s/yes$/true/' ':3: vmotion: found "true": expected yes or no$'
refuses_edit 'an unknown type of rule' rules.csv '2s/vm_anti/vm_maybe_anti/' ':2: type: found '

# numbers
refuses_edit 'a negative size' vms.csv '2s/,8192,/,-8192,/' ':2: memory_mib: found "-8192": expected a whole number from 0 '
refuses_edit 'a VM of 0 MiB' vms.csv '2s/,8192,/,0,/' ':2: memory_mib: found "0": expected at least 1$'
refuses_edit 'a VM of no vCPU' vms.csv '2s/on,4,/on,0,/' ':2: vcpus: found "0": expected at least 1$'
refuses_edit 'half a vCPU' vms.csv '2s/on,4,/on,0.5,/' ':2: vcpus: found "0.5": expected a whole number'
refuses_edit 'an exponent' vms.csv '2s/,8192,/,8e3,/' ':2: memory_mib: found "8e3": '
refuses_edit 'a plus sign' vms.csv '2s/,8192,/,+8192,/' ':2: memory_mib: found "\+8192": '
refuses_edit 'digit groups' vms.csv "2s/,8192,/,8'192,/" ':2: memory_mib: found "8.192": '
refuses_edit 'hexadecimal' vms.csv '2s/,8192,/,0x2000,/' ':2: memory_mib: found "0x2000": '
refuses_edit 'digits that are not ASCII' vms.csv '2s/,8192,/,٨١٩٢,/' ':2: memory_mib: found "٨١٩٢": '
refuses_edit 'a unit' vms.csv '2s/,8192,/,8192 MiB,/' ':2: memory_mib: found "8192 MiB": '
refuses_edit 'NaN' hosts.csv '2s/,2000,/,nan,/' ':2: core_mhz: found "nan": '
refuses_edit 'infinity' hosts.csv '2s/,2000,/,inf,/' ':2: core_mhz: found "inf": '
refuses_edit 'unlimited where nothing is' vms.csv '2s/,8192,/,unlimited,/' ':2: memory_mib: found "unlimited": '
refuses_edit 'four decimals' hosts.csv '2s/,2000,/,2000.1234,/' ':2: core_mhz: found "2000.1234": .* three decimals'
refuses_edit 'a decimal comma' hosts.csv '2s/,2000,/,"2000,5",/' ':2: core_mhz: found "2000,5": '
refuses_edit 'a memory of exbibytes' hosts.csv '2s/67108864/1152921504606846976/' ':2: memory_kib: found '
refuses_edit 'a number of 400 digits' hosts.csv "2s/67108864/$(head -c 400 /dev/zero | tr '\0' 9)/" ':2: memory_kib: found "9+…"'
refuses_edit 'a host without memory' hosts.csv '2s/67108864/0/' ':2: memory_kib: found "0": expected more than 0$'
refuses_edit 'a host without MHz' hosts.csv '2s/,16000,/,0,/' ':2: cpu_mhz: found "0": expected more than 0$'
refuses_edit 'a host without the MHz of a core' hosts.csv '2s/,2000,/,0,/' ':2: core_mhz: found "0": expected more than 0$'
refuses_edit 'a percentage above 100' clusters.csv '1s/$/,ha_reserve_cpu_pct/; 2,3s/$/,101/' ':2: ha_reserve_cpu_pct: found "101": '

# the snapshot's own row
refuses_edit 'another format' snapshot.csv 's/snapshot-1/snapshot-9/' ':2: format: found "vmanger-snapshot-9": expected vmanger-snapshot-1$'
refuses_edit 'two rows' snapshot.csv '2p' ':3: row: found "a second one": expected one row$'
refuses_edit 'no row' snapshot.csv '2d' ':1: row: found nothing: expected one row$'
refuses_edit 'no window' snapshot.csv '2s/,300,/,0,/' ':2: window_s: found "0": expected more than 0$'
refuses_edit 'a date that is none' snapshot.csv 's/11-21T/02-30T/' ':2: taken_at: found "2026-02-30T20:15:00Z": expected a time'
refuses_edit 'a local time' snapshot.csv 's/00Z/00+01:00/' ':2: taken_at: found "2026-11-21T20:15:00\+01:00": '

# columns and tables
for table in clusters hosts vms rules pools samples snapshot; do
    edited $table.csv ''
    rm in/$table.csv
    refuses "no $table.csv" "in/$table\.csv: cannot be read: No such file or directory$" collect in -o out/snapshot
    edited $table.csv '1s/.*/nothing/'
    refuses "$table.csv without its columns" "in/$table\.csv:1: [a-z_]+: found no such column" collect in -o out/snapshot
done
refuses_edit 'a required column missing' vms.csv '1s/host_id/host/' ':1: host_id: found no such column: expected a column host_id$'
refuses_edit 'a column twice' vms.csv '1s/folder/name/' ':1: header: found "name": expected each column once$'
edited vms.csv '1s/folder/colour/'
succeeds 'an unknown column is ignored' collect in -o ignored
finish
