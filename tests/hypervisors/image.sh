# SPDX-License-Identifier: MIT
# What the lab's guests boot: image.sh DIRECTORY makes DIRECTORY/vmlinuz, Debian's kernel for virtual machines, and
# DIRECTORY/initramfs, with busybox, the modules for memory that comes and goes, and load.c. Where they are already,
# nothing is done.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
exec 9>lock
flock 9
test initramfs -nt "$here/load.c" && test initramfs -nt "$here/image.sh" && exit 0
rm -rf work
mkdir -p work/root/bin work/root/dev work/root/proc work/root/sys work/root/modules
cd work
modules='input/evdev acpi/button virtio/virtio_ring virtio/virtio virtio/virtio_pci_modern_dev
    virtio/virtio_pci_legacy_dev virtio/virtio_pci virtio/virtio_balloon virtio/virtio_mem'

if ! test -e ../vmlinuz || ! test -e ../modules; then
    package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p')
    test -n "$package" || {
        echo 'no package linux-image-cloud-amd64 is known: apt-get update'
        exit 1
    }
    apt-get -qq download "$package" 2>&1 || exit 1
    dpkg -x "$package"_*.deb kernel
    rm -rf ../modules
    mkdir new
    for module in $modules; do
        cp kernel/lib/modules/*/kernel/drivers/$module.ko new/
    done
    mv kernel/boot/vmlinuz-* ../vmlinuz
    mv new ../modules
fi

gcc -O2 -Wall -Wextra -static -pthread -D_GNU_SOURCE -o root/load "$here/load.c"
cp /bin/busybox root/bin/
cp ../modules/*.ko root/modules/
{
    cat <<'INIT'
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
INIT
    for module in $modules; do
        echo "busybox insmod /modules/${module##*/}.ko"
    done
    cat <<'INIT'
busybox stty -F /dev/ttyS0 raw -echo
exec /load </dev/ttyS0 >/dev/ttyS0 2>&1
INIT
} >root/init
chmod 755 root/init
(cd root && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >initramfs
mv initramfs ..
cd ..
rm -rf work
