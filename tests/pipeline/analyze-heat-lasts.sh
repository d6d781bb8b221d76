# SPDX-License-Identifier: MIT
# Marginal heat must last, urgent heat counts at once.
. "$TOP/tests/pipeline/lib/windows.sh"
printf '[analyze]\nestimator=mean\nhot_after=2/3\n' >policy.ini

# 70, 70, 85 % of h-1's CPU
window calm 15 h-2 840 6360 4000 1000
window still 20 h-2 840 6360 4000 1000
window warm 25 h-2 840 8360 4400 1000
printf '[analyze]\nhot_after=2/3\nestimator=peak\n' >peak.ini
succeeds 'one of three' analyze -q --policy peak.ini calm still warm -o once.csv
is 'one of three' once.csv h-1 cpu state normal
is 'one of three' once.csv h-1 cpu threshold_pct 90
grep -q '^host,h-1,.*above 80 % in fewer than 2 of the last 3 windows: not hot yet"$' once.csv || complain 'one of three' 'not told'
succeeds 'one of three' plan -q --policy peak.ini warm once.csv -o once-plan.csv
! grep -q '^step,.*,migrate,' once-plan.csv || complain 'one of three' 'a VM is moved'
succeeds 'no guard' analyze -q calm still warm --policy mean.ini -o unguarded.csv
is 'no guard, on the mean' unguarded.csv h-1 cpu state normal

# 70, 85, 85 %: two of three
window warm2 30 h-2 840 8360 4400 1000
succeeds 'two of three' analyze -q --policy peak.ini still warm warm2 -o twice.csv
is 'two of three' twice.csv h-1 cpu state hot
# the windows are of the VMs that are there now: vm-3 came just now, and was as busy elsewhere
window here 30 h-1 840 6360 4000 2400
window there 25 h-2 840 6360 4000 2400
window there2 20 h-2 840 6360 4000 2400
succeeds 'a VM that came' analyze -q --policy policy.ini there2 there here -o came.csv
is 'a VM that came' came.csv h-1 cpu state hot
is 'a VM that came' came.csv h-1 cpu usage_pct 85

# with one window nothing has lasted, unless it is urgent
succeeds 'one window' analyze -q --policy policy.ini warm -o one.csv
is 'one window' one.csv h-1 cpu state normal
window urgent 30 h-2 840 8360 6000 1000
succeeds 'urgent' analyze -q --policy policy.ini calm still urgent -o urgent.csv
is 'urgent' urgent.csv h-1 cpu state hot
is 'urgent' urgent.csv h-1 cpu usage_pct 95
is 'urgent' urgent.csv vm-1 cpu demand 8360
# a host whose marginal heat has not lasted takes nothing
window warm3 30 h-2 840 8360 3900 11840
printf '[analyze]\nestimator=mean\nhot_after=2/2\n' >policy.ini
succeeds 'it takes nothing' analyze -q --policy policy.ini warm3 -o full.csv
is 'it takes nothing' full.csv h-1 cpu state normal
is 'it takes nothing' full.csv h-2 cpu state normal

# under host_memory=demand pages that a guest does not touch are no urgent heat, however full the host
printf '[analyze]\nestimator=mean\nhost_memory=demand\nhot_after=2/3\n' >demand.ini
for name in still warm2; do
    edit "$name-full" "$name" samples.csv '/^h-1,memory/s/[^,]*$/63000000 63000000 63000000/' \
        samples.csv '/^vm-[12],memory_consumed/s/[^,]*$/30000000 30000000 30000000/' vms.csv '/^vm-[12],/s/,8192,/,32768,/'
done
succeeds 'consumed, not asked for' analyze -q --policy demand.ini still-full warm2-full -o full.csv
is 'consumed, not asked for' full.csv h-1 host_memory state normal
is 'consumed, not asked for' full.csv h-1 host_memory usage_pct 31.292
succeeds 'consumed and asked for' analyze -q --policy mean.ini still-full warm2-full -o full.csv
is 'consumed and asked for' full.csv h-1 host_memory state hot

for bad in 0/1 3/2 1/13 2 1/2/3 x/y; do
    printf '[analyze]\nhot_after=%s\n' "$bad" >bad.ini
    refuses "hot_after=$bad" "bad.ini:2: hot_after: found \"$bad\": expected how many of how many windows, as 2/3, at most 12" \
        analyze --policy bad.ini calm -o out/x.csv
done
finish
