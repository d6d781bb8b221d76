# SPDX-License-Identifier: MIT
# What the account may not read: an empty cell and one warning, or no snapshot at all where a row could not be without
# it, naming the privilege. What other faults hide is named, too; what vanished is counted.
. "$TOP/tests/pipeline/lib/vcenter.sh"

vcenter_start
collects 0 'as it should be'
cp -r out/s whole

# hides CASE REGEX QUERY: one warning, which matches; every row is there, and the other tables are as they were
hides() {
    order "deny?$3"
    collects 3 "$1"
    test "$(grep -c warning said)" = 1 || complain "$1" 'not one warning'
    says "$1" "$2"
    for file in clusters pools rules samples; do
        cmp whole/$file.csv out/s/$file.csv || complain "$1" "$file.csv changed"
    done
    test "$(wc -l <out/s/vms.csv)" = "$(wc -l <whole/vms.csv)" || complain "$1" 'VMs are missing'
}
hides 'no privilege, all VMs' '^collect: warning: VirtualMachine: config\.guestId cannot be read: the account lacks the privilege System\.Read' \
    'property=config.guestId&type=VirtualMachine'
grep -q Guest whole/vms.csv && ! grep -q Guest out/s/vms.csv || complain 'no privilege, all VMs' 'cells are not empty'
hides 'no privilege, one VM' 'config\.guestId .*first at vm-1009\)$' 'property=config.guestId&type=VirtualMachine&id=vm-1009'
test "$(diff whole/vms.csv out/s/vms.csv | grep -c '^>')" = 1 || complain 'no privilege, one VM' 'other VMs changed'
hides 'another fault' 'warning: VirtualMachine: config\.version cannot be read: SystemError: .*first at vm-1009' \
    'property=config.version&type=VirtualMachine&id=vm-1009&fault=SystemError'
hides 'a fault of hosts' 'warning: HostSystem: config\.network\.pnic cannot be read: .*System\.Read' 'property=config.network.pnic&type=HostSystem'

# refused CASE REGEX QUERY
refused() {
    order "deny?$3"
    collects 1 "$1"
    says "$1" "$2"
}
refused "a VM's size" 'VirtualMachine "ham-shop-app01": config\.hardware\.numCPU cannot be read \(NoPermission\): expected the privilege System\.Read' \
    'property=config.hardware.numCPU&type=VirtualMachine&id=vm-1009'
refused "a VM's host" 'runtime\.host cannot be read' 'property=runtime.host&type=VirtualMachine&id=vm-1009'
refused "a host's hardware" 'HostSystem .*summary\.hardware cannot be read' 'property=summary.hardware&type=HostSystem&id=host-11'
refused "a host's state" 'HostSystem .*runtime\.connectionState cannot be read' 'property=runtime.connectionState&type=HostSystem&id=host-11'
refused "a pool's owner" 'ResourcePool .*owner cannot be read' 'property=owner&type=ResourcePool&id=resgroup-9'

order 'deny?property=name&type=VirtualMachine&id=vm-1009&fault=ManagedObjectNotFound'
collects 0 'a VM that vanished'
grep -q ',vanished=1' out/s/snapshot.csv || complain 'a VM that vanished' 'not counted'
! grep -q '^vm-1009,' out/s/vms.csv out/s/samples.csv || complain 'a VM that vanished' 'still there'
! grep -qw vm-1009 out/s/rules.csv || complain 'a VM that vanished' 'still in a rule'
vcenter_stop
finish
