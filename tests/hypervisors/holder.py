#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a lab, holds it until it is told to end, and takes it away: holder.py DIR HOSTS MEMORY_MIB tls|clear [PID]

lab.py starts it, in a mount namespace of its own. It ends by SIGTERM, or when the process PID has ended. All
processes of the lab live in its first process's namespaces, so none outlives the holder however it ends; only when it
was killed do empty cgroups stay, which the next lab of that name removes.
"""
import contextlib
import glob
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CGROUPS = "/sys/fs/cgroup"
CONTROLLERS = ("memory", "cpuacct", "cpuset", "cpu")
READY_S = 120
LABS = 256
CLUSTER = "lab"


class Failed(Exception):
    """In words for a person."""


def run(*command, **options):
    """The standard output of a command; when it fails, what it said is raised."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          text=True, check=False, **options)
    if done.returncode:
        raise Failed(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().strip()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def wait_for(what, condition, seconds=READY_S):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.05)
    return found


def alive(pid):
    """Whether a process runs: one that ended and was not waited for does not."""
    try:
        return read(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def child_of(pid):
    def child():
        if not alive(pid):
            raise Failed("a namespace cannot be made")
        return read(f"/proc/{pid}/task/{pid}/children").split()
    return int(wait_for("a namespace", child)[0])


def mount_cgroups():
    """For this mount namespace, as version 1 and where lxcfs looks for them, those that can be had so."""
    run("mount", "-t", "tmpfs", "cgroup", CGROUPS)
    for controller in CONTROLLERS:
        directory = f"{CGROUPS}/{controller}"
        os.mkdir(directory)
        try:
            run("mount", "-t", "cgroup", "-o", controller, "cgroup", directory)
        except Failed:
            os.rmdir(directory)


def make_cgroups(lab, host, memory_mib):
    for controller in os.listdir(CGROUPS):
        directory = f"{CGROUPS}/{controller}/{lab}/{host}"
        os.makedirs(directory)
        if controller == "cpuset": # which begin empty
            for made in (os.path.dirname(directory), directory):
                for name in ("cpuset.cpus", "cpuset.mems"):
                    write(f"{made}/{name}", read(f"{CGROUPS}/cpuset/{name}"))
        if controller == "memory":
            write(f"{directory}/memory.limit_in_bytes", str(memory_mib << 20))


def remove_cgroups(lab):
    """Whether none of the lab's is left: those with a process stay."""
    for top in glob.glob(f"{CGROUPS}/*/{lab}"):
        for directory, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(directory)
    return not glob.glob(f"{CGROUPS}/*/{lab}")


def lay_link(first):
    """The lab's name, of which there is one at a time, and its network: the link from this machine to its bridge."""
    for number in range(LABS):
        lab, network = f"vmlab{number}", f"198.18.{number}"
        try:
            run("ip", "link", "add", lab, "type", "veth", "peer", "name", "root", "netns", str(first))
        except Failed as failed:
            if "exists" not in str(failed):
                raise
            continue
        run("ip", "address", "add", f"{network}.254/24", "dev", lab)
        run("ip", "link", "set", lab, "up")
        return lab, network
    raise Failed(f"{LABS} labs stand already")


def start_lxcfs(directory, first):
    """Whether each host will see its own memory and CPU instead of the machine's."""
    if not shutil.which("lxcfs") or not {"memory", "cpuacct"} <= set(os.listdir(CGROUPS)):
        return False
    mounted = f"{directory}/lxcfs"
    os.mkdir(mounted)
    subprocess.Popen(["nsenter", "-t", str(first), "--mount", "--pid", "lxcfs", "-f", "-p", f"{directory}/lxcfs.pid",
                      mounted], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("lxcfs", lambda: os.path.exists(f"/proc/{first}/root{mounted}/proc/meminfo"))
    return True


def start_host(directory, first, lab, host, address):
    """The first process of a host, in its cgroups and in namespaces within the lab's, with a link to the bridge."""
    join = f'for d in {CGROUPS}/*/{lab}/{host}; do test ! -d $d || echo 0 >$d/cgroup.procs; done; exec "$@"'
    with open(f"{directory}/{host}.log", "wb") as log:
        nsenter = subprocess.Popen(
            ["nsenter", "-t", str(first), "--mount", "--pid", "--net", "sh", "-c", join, "sh",
             "unshare", "--fork", "--kill-child", "--pid", "--mount-proc", "--net", "--uts", "--cgroup",
             "sh", "-eu", f"{HERE}/host.sh", directory, host, address], stdout=log, stderr=log)
    number_one = child_of(child_of(nsenter.pid))
    run("nsenter", "-t", str(first), "--net", "ip", "link", "add", host, "master", "bridge", "up", "type", "veth",
        "peer", "name", "uplink", "netns", str(number_one))
    write(f"{directory}/{host}.pid", str(number_one))


def answers(directory, host, uri):
    if not alive(read(f"{directory}/{host}.pid")):
        raise Failed(f"{host}: " + read(f"{directory}/{host}.log"))
    return subprocess.run(["virsh", "-q", "-c", uri, "version"], capture_output=True, check=False).returncode == 0


def certify(directory, name, common_name, *extensions):
    """A certificate and its key as NAME.pem and NAME-key.pem, by the lab's own authority but for its own."""
    authority = [] if name == "authority" else ["-CA", f"{directory}/authority.pem", "-CAkey", f"{directory}/authority-key.pem"]
    words = [word for extension in extensions for word in ("-addext", extension)]
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", f"/CN={common_name}",
        "-out", f"{directory}/{name}.pem", "-keyout", f"{directory}/{name}-key.pem", *authority, *words)


def make_certificates(directory, addresses):
    """DIRECTORY/pki is a client's, as pkipath in a URI takes it; DIRECTORY/HOST/pki the daemon's, pki/qemu its guests'."""
    made, use = f"{directory}/pki", "keyUsage=critical,digitalSignature,keyEncipherment"
    os.mkdir(made)
    certify(made, "authority", "lab", "keyUsage=critical,keyCertSign")
    certify(made, "client", "client", use, "extendedKeyUsage=clientAuth", "basicConstraints=critical,CA:FALSE")
    for host, address in addresses.items():
        certify(made, host, host, use, f"subjectAltName=IP:{address}", "extendedKeyUsage=serverAuth,clientAuth",
                "basicConstraints=critical,CA:FALSE")
        own = f"{directory}/{host}/pki"
        os.makedirs(f"{own}/qemu")
        for name in ("cert", "key"):
            source = f"{made}/{host}{'-key' if name == 'key' else ''}.pem"
            for to in (f"server{name}.pem", f"qemu/server-{name}.pem", f"qemu/client-{name}.pem"):
                shutil.copy(source, f"{own}/{to}")
        shutil.copy(f"{made}/authority.pem", f"{own}/qemu/ca-cert.pem")
    for source, to in (("authority", "cacert"), ("client", "clientcert"), ("client-key", "clientkey")):
        shutil.copy(f"{made}/{source}.pem", f"{made}/{to}.pem")


def make(directory, first, lab, network, hosts, memory_mib, tls):
    write(f"{directory}/init.pid", str(first))
    write(f"{directory}/name", lab)
    os.mkdir(f"{directory}/console")
    for command in ("link add bridge type bridge", "link set bridge up", "link set root master bridge up"):
        run("nsenter", "-t", str(first), "--net", "ip", *command.split())
    if not start_lxcfs(directory, first):
        print("hosts see the whole machine's memory and CPU: without lxcfs, or cgroups of version 1 for it", flush=True)
    rows = ["uri,cluster,name,peer_uri"]
    if tls:
        make_certificates(directory, {f"h{number}": f"{network}.{number}" for number in range(1, hosts + 1)})
    for number in range(1, hosts + 1):
        make_cgroups(lab, f"h{number}", memory_mib)
        start_host(directory, first, lab, f"h{number}", f"{network}.{number}")
        uri = f"qemu+tcp://{network}.{number}/system"
        rows.append(f"{uri},{CLUSTER},h{number},{uri}")
    for row in rows[1:]:
        uri, _, host, _ = row.split(",")
        wait_for(uri, lambda: answers(directory, host, uri))
    write(f"{directory}/hosts.csv.new", "\n".join(rows) + "\n")
    os.rename(f"{directory}/hosts.csv.new", f"{directory}/hosts.csv")


def main():
    directory, hosts, memory_mib, tls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "tls"
    lasting = sys.argv[5] if len(sys.argv) > 5 else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    mount_cgroups()
    unshare = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--kill-child", "--pid",
                                "--mount-proc", "--net", "sh", "-c", 'trap "" CHLD; exec sleep infinity'])
    lab = None
    try:
        first = child_of(unshare.pid)
        lab, network = lay_link(first)
        remove_cgroups(lab)
        make(directory, first, lab, network, hosts, memory_mib, tls)
        while alive(unshare.pid) and (lasting is None or alive(lasting)):
            time.sleep(0.2)
    except Failed as failed:
        sys.exit(str(failed))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        unshare.kill()
        unshare.wait()
        if lab:
            wait_for("the lab's end", lambda: remove_cgroups(lab))


if __name__ == "__main__":
    main()
