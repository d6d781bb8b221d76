# SPDX-License-Identifier: MIT
# One libvirt host of the lab: the first process of its namespaces, which end with it. lab.py starts it as
#   sh -eu host.sh DIRECTORY NAME ADDRESS
# in a network, mount, PID, UTS and cgroup namespace of its own, and moves the interface "uplink" there. What a daemon
# keeps lies in DIRECTORY/NAME; what the guests say in DIRECTORY/console, which all hosts share, as a guest takes its
# console along.
directory=$1 name=$2 address=$3
home=$directory/$name
hostname "$name"
until ip link show uplink >/dev/null 2>&1; do
    sleep 0.05
done
ip link set lo up
ip link set uplink name eth0
ip address add "$address/24" dev eth0
ip link set eth0 up

umount --recursive --lazy /sys
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/lab/console /run/lab/serial
mkdir -p "$home/etc/qemu" "$home/lib" "$home/cache" "$home/log" "$home/serial"
mount --bind "$directory/console" /run/lab/console
mount --bind "$home/serial" /run/lab/serial
mount --bind "$home/etc" /etc/libvirt
mount --bind "$home/lib" /var/lib/libvirt
mount --bind "$home/cache" /var/cache/libvirt
mount --bind "$home/log" /var/log/libvirt
echo "127.0.0.1 localhost $name" >"$home/hosts"
mount --bind "$home/hosts" /etc/hosts
# The guests are emulated: there is no /dev/kvm, whatever the machine has.
mkdir /run/dev
mount -t tmpfs tmpfs /run/dev
mkdir /run/dev/pts /run/dev/shm /run/dev/net
for device in null zero full random urandom tty net/tun; do
    touch /run/dev/$device
    mount --bind /dev/$device /run/dev/$device
done
mount -t devpts -o newinstance,ptmxmode=666 devpts /run/dev/pts
ln -s pts/ptmx /run/dev/ptmx
ln -s /proc/self/fd /run/dev/fd
mount --move /run/dev /dev
rmdir /run/dev

# The cgroups as one sees them from inside: libvirt makes the guests' in here.
if test -d "$directory/lxcfs/proc"; then
    mount -t tmpfs cgroup /sys/fs/cgroup
    for controller in cpuset cpu cpuacct memory; do
        mkdir /sys/fs/cgroup/$controller
        mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller || rmdir /sys/fs/cgroup/$controller
    done
    for file in cpuinfo diskstats loadavg meminfo stat swaps uptime; do
        mount --bind "$directory/lxcfs/proc/$file" /proc/$file
    done
    # libvirt's node information adds up what the NUMA nodes have: here the first has all of it. The file is rewritten
    # in place, as it is another's mount.
    for node in /sys/devices/system/node/node*; do
        echo "Node ${node##*node} MemTotal: 0 kB" >"$home/${node##*/}"
        mount --bind "$home/${node##*/}" "$node/meminfo"
    done
    sed 's/^/Node 0 /' /proc/meminfo >"$home/node0"
    while sleep 1; do
        sed 's/^/Node 0 /' /proc/meminfo 1<>"$home/node0"
    done &
fi

cat >/etc/libvirt/libvirtd.conf <<CONFIGURATION
listen_tcp = 1
listen_addr = "$address"
auth_tcp = "none"
host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
CONFIGURATION
cat >/etc/libvirt/qemu.conf <<CONFIGURATION
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
stdio_handler = "file"
cgroup_controllers = [ "cpu", "cpuacct", "cpuset", "memory" ]
migration_host = "$address"
CONFIGURATION
if ! test -d "$home/pki"; then
    echo 'listen_tls = 0' >>/etc/libvirt/libvirtd.conf
else
    cat >>/etc/libvirt/libvirtd.conf <<CONFIGURATION
listen_tls = 1
ca_file = "$home/pki/qemu/ca-cert.pem"
cert_file = "$home/pki/servercert.pem"
key_file = "$home/pki/serverkey.pem"
CONFIGURATION
    echo "migrate_tls_x509_cert_dir = \"$home/pki/qemu\"" >>/etc/libvirt/qemu.conf
fi
libvirtd --listen &
# Also what the daemon leaves behind is waited for here.
while :; do
    wait
    sleep 1
done
