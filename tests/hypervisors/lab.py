#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""A laboratory of real libvirt hosts on this one machine, with QEMU guests that are emulated: no KVM.

    lab.py up DIR [--hosts N] [--memory MIB] [--tls] [--while PID]    DIR/hosts.csv is what libvirt:FILE takes
    lab.py guest DIR HOST NAME [options]                      defines a guest and starts it
    lab.py console DIR NAME                                   what it said; load.c tells what that is
    lab.py await DIR NAME...                                  until they have booted and count
    lab.py tell DIR NAME WORD...                              busy=PERCENT use=MIB dirty=MIB poweroff
    lab.py cut DIR HOST, mend DIR HOST                        its network link
    lab.py squeeze DIR HOST                                   leaves it what memory it uses now and 4 MiB
    lab.py kill DIR HOST                                      the daemon and its guests, at once
    lab.py down DIR

Hosts are h1, h2, ..., each a libvirtd in namespaces of its own (host.sh), on a bridge that stands in a namespace too;
one link leads there from this machine. All of it ends with "down", or with the process PID, and leaves only what was
written into DIR. Exit code 77: a lab cannot be made here, and why.
"""
import argparse
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
from xml.sax.saxutils import escape

from holder import CGROUPS, HERE, READY_S, Failed, alive, read, run, wait_for

IMAGE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "hypervisors")
NEEDED = ("libvirtd", "virsh", "qemu-system-x86_64", "busybox", "cpio", "ip", "unshare", "nsenter", "setpriv", "gcc",
          "dpkg", "apt-get", "openssl")
SKIPPED = 77
TELL_S = 60
# Emulated on a busy machine, the timer's first ticks may come too late for the kernel's check of it. Emulating, QEMU 7.2
# loses writes during a slow migration, seemingly while a page's entry in the TLB outlives the reading of the dirty
# bitmap, and the guest panics afterwards: pti=on empties the TLB with each system call.
COMMAND_LINE = ("console=ttyS0 quiet no_timer_check panic=-1 pti=on swiotlb=noforce "
                "memhp_default_state=online_movable")


def why_not():
    """Why no lab can be made here, or None."""
    if os.geteuid() != 0:
        return "namespaces take root"
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        return "not installed: " + " ".join(missing)
    try:
        run("unshare", "--fork", "--pid", "--mount-proc", "--net", "--uts", "--cgroup", "ip", "link", "add", "bridge",
            "type", "bridge")
        run("unshare", "--mount", "mount", "-t", "tmpfs", "cgroup", CGROUPS)
    except Failed as failed:
        return f"namespaces cannot be made: {failed}"
    try:
        run("sh", f"{HERE}/image.sh", IMAGE)
    except Failed as failed:
        return f"what the guests boot cannot be made: {failed}"
    return None


def up(options):
    reason = why_not()
    if reason:
        print(reason)
        sys.exit(SKIPPED)
    os.makedirs(options.dir, exist_ok=True)
    if os.listdir(options.dir):
        raise Failed(f"{options.dir}: not empty")
    command = ["unshare", "--mount", f"{HERE}/holder.py", options.dir, str(options.hosts), str(options.memory),
               "tls" if options.tls else "clear"]
    with open(f"{options.dir}/holder.log", "wb") as log:
        holder = subprocess.Popen(command + ([str(options.lasting)] if options.lasting else []),
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    with open(f"{options.dir}/holder.pid", "w", encoding="utf-8") as file:
        file.write(str(holder.pid))
    wait_for("the lab", lambda: holder.poll() is not None or os.path.exists(f"{options.dir}/hosts.csv"), 2 * READY_S)
    said = read(f"{options.dir}/holder.log")
    if holder.poll() is not None:
        raise Failed(said)
    if said:
        print(said)


def down(options):
    holder = int(read(f"{options.dir}/holder.pid"))
    if alive(holder):
        os.kill(holder, signal.SIGTERM)
        wait_for("the lab's end", lambda: not alive(holder))


def virsh(options, *command):
    rows = [row.split(",") for row in read(f"{options.dir}/hosts.csv").splitlines()]
    uris = [row[0] for row in rows if row[2] == options.host]
    if not uris:
        raise Failed(f"{options.host}: no such host")
    return run("virsh", "-q", "-c", uris[0], *command)


def domain(options):
    """The guest's XML: no disk, no network, a serial console, memory that can be added."""
    cpus = options.max_cpus or options.cpus
    most = f"<maxMemory slots='{options.slots}' unit='MiB'>{options.max_memory}</maxMemory>"
    device = f"""
    <memory model='virtio-mem'>
      <target>
        <size unit='MiB'>{options.max_memory - options.memory}</size>
        <node>0</node>
        <block unit='MiB'>2</block>
        <requested unit='MiB'>0</requested>
      </target>
    </memory>""" if options.virtio_mem else ""
    stats = f"<stats period='{options.balloon_period}'/>" if options.balloon_period else ""
    words = f"lab.busy={options.busy} lab.use={options.use} lab.dirty={options.dirty}"
    name = escape(options.name)
    return f"""<domain type='qemu'>
  <name>{name}</name>
  {most if options.max_memory else ''}
  <memory unit='MiB'>{options.memory}</memory>
  <vcpu current='{options.cpus}'>{cpus}</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{escape(IMAGE)}/vmlinuz</kernel>
    <initrd>{escape(IMAGE)}/initramfs</initrd>
    <cmdline>{COMMAND_LINE} {words}</cmdline>
  </os>
  <features>
    <acpi/>
    <tcg><tb-cache unit='MiB'>32</tb-cache></tcg>
  </features>
  <cpu mode='custom' match='exact'>
    <model fallback='forbid'>qemu64</model>
    <numa><cell id='0' cpus='0-{cpus - 1}' memory='{options.memory}' unit='MiB'/></numa>
  </cpu>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <serial type='unix'>
      <source mode='bind' path='/run/lab/serial/{name}'/>
      <log file='/run/lab/console/{name}' append='on'/>
    </serial>
    <memballoon model='virtio'>{stats}</memballoon>{device}
  </devices>
</domain>
"""


def guest(options):
    if options.virtio_mem and not options.max_memory:
        raise Failed("--virtio-mem: give --max-memory as well")
    path = f"{options.dir}/{options.host}/{options.name}.xml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(domain(options))
    virsh(options, "define", path)
    virsh(options, "start", options.name)


def console(options):
    print(read(f"{options.dir}/console/{options.name}"))


def tell(options):
    for directory in glob.glob(f"{glob.escape(options.dir)}/h*/serial"):
        os.chdir(directory) # the path of a socket has to be short
        with socket.socket(socket.AF_UNIX) as line:
            try:
                line.connect(options.name)
            except OSError:
                continue
            words = " ".join(options.words).encode()
            line.settimeout(TELL_S)
            with line.makefile("rb") as said:
                while not said.readline().startswith(b"count="): # it may be booting yet
                    pass
                line.sendall(words + b"\n")
                while not said.readline().startswith(b"told " + words): # what it has not read is lost with the line
                    pass
            return
    raise Failed(f"{options.name}: it runs nowhere")


def wait_until_up(options):
    for name in options.names:
        path = f"{options.dir}/console/{name}"
        wait_for(name, lambda: "\ncount=" in read(path))


def set_link(options, state):
    run("nsenter", "-t", read(f"{options.dir}/init.pid"), "--net", "ip", "link", "set", options.host, state)


def squeeze(options):
    cgroup = f"{CGROUPS}/memory/{read(f'{options.dir}/name')}/{options.host}/memory"
    run("nsenter", "-t", read(f"{options.dir}/holder.pid"), "--mount", "sh", "-euc",
        f"echo $(($(cat {cgroup}.usage_in_bytes) + 4194304)) >{cgroup}.limit_in_bytes")


def kill(options):
    host = int(read(f"{options.dir}/{options.host}.pid"))
    os.kill(host, signal.SIGKILL)
    wait_for(options.host, lambda: not alive(host))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    def command(name, does, *positional):
        added = commands.add_parser(name)
        added.set_defaults(does=does)
        added.add_argument("dir", metavar="DIR", type=os.path.abspath)
        for argument in positional:
            added.add_argument(argument, metavar=argument.upper())
        return added

    made = command("up", up)
    made.add_argument("--hosts", type=int, default=3)
    made.add_argument("--memory", type=int, default=1024, help="MiB of each host")
    made.add_argument("--tls", action="store_true", help="qemu+tls:// too, with DIR/pki; DIR/HOST/pki/qemu is the guests'")
    made.add_argument("--while", type=int, dest="lasting", metavar="PID", help="the lab ends with this process")
    made = command("guest", guest, "host", "name")
    made.add_argument("--memory", type=int, default=128, help="MiB")
    made.add_argument("--max-memory", type=int, default=0, help="MiB; dimms can be added up to it")
    made.add_argument("--slots", type=int, default=4, help="for dimms")
    made.add_argument("--virtio-mem", action="store_true", help="a device that can add up to --max-memory")
    made.add_argument("--balloon-period", type=int, default=1, help="seconds; 0: the balloon tells nothing")
    made.add_argument("--cpus", type=int, default=1)
    made.add_argument("--max-cpus", type=int, default=0)
    made.add_argument("--busy", type=int, default=0, help="percent of a vCPU")
    made.add_argument("--use", type=int, default=0, help="MiB")
    made.add_argument("--dirty", type=int, default=0, help="MiB a second")
    command("console", console, "name")
    command("tell", tell, "name").add_argument("words", metavar="WORD", nargs="+")
    command("await", wait_until_up).add_argument("names", metavar="NAME", nargs="+")
    command("cut", lambda options: set_link(options, "down"), "host")
    command("mend", lambda options: set_link(options, "up"), "host")
    command("squeeze", squeeze, "host")
    command("kill", kill, "host")
    command("down", down)
    return parser.parse_args()


def main():
    options = arguments()
    try:
        options.does(options)
    except (Failed, OSError) as failed:
        sys.exit(f"lab: {failed}")


if __name__ == "__main__":
    main()
