# SPDX-License-Identifier: MIT
# What a host of xen.py boots: dom0.sh DIRECTORY makes DIRECTORY/xen, the hypervisor, DIRECTORY/vmlinuz, Debian's kernel,
# and DIRECTORY/initramfs, all of Domain-0: busybox, Xen's tools, libvirtd with its driver for Xen, and what its guests
# boot. Nothing of Xen is installed on this machine. Where they are already, nothing is done.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
packages='xen-hypervisor-4.17-amd64 xen-utils-4.17 xen-utils-common libvirt-daemon-driver-xen libxenmisc4.17 libxenstore4
    libxencall1 libxenevtchn1 libxenforeignmemory1 libxengnttab1 libxentoollog1 libxentoolcore1 libxendevicemodel1
    libxenhypfs1 libyajl2'
mkdir -p "$1"
made=$(cd "$1" && pwd)
cd "$made"
exec 9>lock
flock 9
test initramfs -nt "$here/load.c" && test initramfs -nt "$here/dom0.sh" && exit 0
# Not in there, as make looks for its own files under all folders that are.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

if ! test -e "$made/packages"; then
    kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p')
    test -n "$kernel" || {
        echo 'no package linux-image-amd64 is known: apt-get update'
        exit 1
    }
    mkdir new
    # shellcheck disable=SC2086 # names of packages
    (cd new && apt-get -qq download $packages "$kernel" 2>&1) || exit 1
    mv new "$made/packages"
fi
debian=$PWD/debian
for package in "$made"/packages/*.deb; do
    dpkg -x "$package" debian
done
tools=usr/lib/xen-4.17/bin libraries=usr/lib/x86_64-linux-gnu
driver=$libraries/libvirt/connection-driver

# Its guests: load.c counts on the console of Xen.
mkdir -p guest/bin guest/dev guest/proc guest/sys
cp /bin/busybox guest/bin/
gcc -O2 -Wall -Wextra -static -pthread -D_GNU_SOURCE -o guest/load "$here/load.c"
cat >guest/init <<'INIT'
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
busybox stty -F /dev/hvc0 raw -echo
exec /load </dev/hvc0 >/dev/hvc0 2>&1
INIT
chmod 755 guest/init

mkdir -p root/bin root/dev root/etc root/guest root/lib64 root/modules root/proc root/run root/sys root/tmp root/usr/bin \
    root/usr/sbin root/usr/share/libvirt root/var/lib root/var/log "root/$driver" "root/$tools"
ln -s usr/lib root/lib
ln -s /run root/var/run
cp /bin/busybox root/bin/
busybox --list | while read -r applet; do
    test "$applet" = busybox || ln -s busybox "root/bin/$applet"
done
for tool in xl xenstored xenconsoled xen-init-dom0 libxl-save-helper; do
    cp "$debian/$tools/$tool" "root/$tools/"
done
cp /usr/sbin/libvirtd root/usr/sbin/
cp "$debian/$driver/libvirt_driver_libxl.so" "root/$driver/"
cp -a "$debian/$libraries"/*.so* "root/$libraries/"
cp -r "$debian/etc/xen" root/etc/
cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/
for program in "root/$tools"/* root/usr/sbin/* "root/$driver"/* "root/$libraries"/*.so*; do
    LD_LIBRARY_PATH="$PWD/root/$libraries" ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p'
done | sort -u | grep -v "^$PWD/root/" | while read -r library; do
    cp -Ln "$library" "root/$libraries/"
done
# Xen hides one feature of this CPU from Domain-0, without which libvirt knows no model of it at all.
cp -r /usr/share/libvirt/cpu_map root/usr/share/libvirt/
sed -i /vme/d root/usr/share/libvirt/cpu_map/x86_486.xml
for module in drivers/net/ethernet/intel/e1000/e1000 drivers/xen/xen-evtchn drivers/xen/xen-gntdev \
    drivers/xen/xen-gntalloc drivers/xen/xen-privcmd drivers/xen/xenfs/xenfs; do
    cp "$debian"/lib/modules/*/kernel/$module.ko root/modules/
done
echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
printf '%s\n' root:x:0: libvirt:x:101: >root/etc/group
(cd guest && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >root/guest/initramfs
cp "$debian"/boot/vmlinuz-* root/guest/vmlinuz

# It is told NAME, ADDRESS and UUID on the kernel's command line; what its guests say, it says too.
cat >root/init <<'INIT'
#!/bin/busybox sh
export PATH=/bin:/usr/sbin:/usr/lib/xen-4.17/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
for module in /modules/*.ko; do
    insmod "$module"
done
mount -t xenfs xenfs /proc/xen
mkdir -p /run/xen /run/xenstored /run/lock /var/lib/xen /var/lib/xenstored /var/log/xen /var/log/libvirt \
    /var/lib/libvirt /etc/libvirt
for word in $(cat /proc/cmdline); do
    case $word in
    lab.name=*) name=${word#*=} ;;
    lab.address=*) address=${word#*=} ;;
    lab.uuid=*) uuid=${word#*=} ;;
    esac
done
hostname "$name"
echo "127.0.0.1 localhost $name" >/etc/hosts
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip address add "$address/24" dev eth1
ip link set eth1 up
xenstored --pid-file /run/xenstored.pid
sleep 1
xen-init-dom0
xenconsoled --log=guest --log-dir=/var/log/xen --pid-file=/run/xenconsoled.pid
cat >/etc/libvirt/libvirtd.conf <<CONFIGURATION
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
host_uuid = "$uuid"
CONFIGURATION
# The guests' names are those of xen.py.
for guest in mail shop; do
    tail -n +1 -F /var/log/xen/guest-$guest.log 2>/dev/null | while read -r line; do
        echo "$guest: $line"
    done &
done
tail -n +1 -F /var/log/libvirt/libxl/libxl-driver.log 2>/dev/null &
libvirtd --listen
echo "libvirtd ended: $?"
while :; do
    sleep 1000
done
INIT
chmod 755 root/init
(cd root && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >initramfs
gzip -dc "$debian"/boot/xen-4.17-amd64.gz >"$made/xen"
cp "$debian"/boot/vmlinuz-* "$made/vmlinuz"
mv initramfs "$made/"
