# SPDX-License-Identifier: MIT
"""vcenter.py BIN BUILD WORK [--short]: what collect costs at a vCenter of 10,000 VMs.

A recorder between collect and the simulated vCenter keeps one collect's requests and responses. Then in each round,
by turns: collect from the simulated vCenter; pyvmomi with the same queries, its answers parsed and nothing written;
curl fetching the recorded responses, as compressed as they came and over TLS on one connection, and xmllint --stream
parsing them. CPU is user and system time of the client's processes, as the kernel counts it; figures are medians.
Nothing here fails for being slow: it prints what was reached and missed.
"""
import http.client
import http.server
import os
import re
import shutil
import ssl
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

SIZES = {False: (2500, 10000), True: (500, 2000)}
ROUNDS = {False: 3, True: 2}
VMS_PER_HOST, VMS_PER_CLUSTER = 25, 1000
USER, PASSWORD = "administrator@vsphere.local", "secret"
OTHER_CPU_TARGET, PYVMOMI_TARGET, MEMORY_TARGET = 3, 1 / 5, 1024  # times, times, bytes a VM

PYVMOMI = r"""
import re, ssl, sys
from pyVim.connect import SmartConnect, Disconnect
from pyVmomi import SoapStubAdapter, vim, vmodl
host, port = sys.argv[1].split(":")
with open(sys.argv[2]) as file:
    paths = eval(file.read())
service = SmartConnect(host=host, port=int(port), user=sys.argv[3], pwd=sys.argv[4],
                       sslContext=ssl._create_unverified_context())
content = service.RetrieveContent()
kinds = {"Folder": vim.Folder, "Datacenter": vim.Datacenter, "ComputeResource": vim.ComputeResource,
         "ResourcePool": vim.ResourcePool, "HostSystem": vim.HostSystem, "VirtualMachine": vim.VirtualMachine,
         "Datastore": vim.Datastore}
view = content.viewManager.CreateContainerView(content.rootFolder, list(kinds.values()), True)
collector = vmodl.query.PropertyCollector
entities, count = [], 0
for kind, wanted in paths:
    traversal = collector.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
    spec = collector.FilterSpec(
        objectSet=[collector.ObjectSpec(obj=view, skip=True, selectSet=[traversal])],
        propSet=[collector.PropertySpec(type=kinds[kind], pathSet=wanted)])
    page = content.propertyCollector.RetrievePropertiesEx([spec], collector.RetrieveOptions(maxObjects=250))
    while page:
        for found in page.objects:
            count += len(found.propSet)
            values = {p.name: p.val for p in found.propSet}
            if values.get("runtime.powerState") == "poweredOn":
                entities.append(found.obj)
        page = content.propertyCollector.ContinueRetrievePropertiesEx(page.token) if page.token else None
names = {f"{c.groupInfo.key}.{c.nameInfo.key}.{c.rollupType}": c.key for c in content.perfManager.perfCounter}
common = ["cpu.usagemhz.average", "mem.active.average", "mem.consumed.average", "mem.vmmemctl.average",
          "mem.compressed.average", "mem.swapinRate.average", "net.usage.average"]
of_vm = ["cpu.demand.average", "cpu.ready.summation", "mem.swapped.average", "mem.overhead.average",
         "virtualDisk.read.average", "virtualDisk.write.average"]
of_host = ["mem.swapused.average", "datastore.read.average", "datastore.write.average"]
def metrics(entity):
    wanted = common + (of_host if isinstance(entity, vim.HostSystem) else of_vm)
    return [vim.PerformanceManager.MetricId(counterId=names[n], instance="*" if n[0] in "vd" else "") for n in wanted]
for i in range(0, len(entities), 50):
    query = [vim.PerformanceManager.QuerySpec(entity=e, maxSample=15, metricId=metrics(e), intervalId=20, format="csv")
             for e in entities[i:i + 50]]
    for answer in content.perfManager.QueryPerf(query):
        for series in answer.value:
            count += len(series.value.split(","))
print(count)
Disconnect(service)
"""


class Vcenter:
    """The simulated vCenter with one snapshot."""

    def __init__(self, build, snapshot, work):
        ports = work + "/ports"
        if os.path.exists(ports):
            os.remove(ports)
        self.process = subprocess.Popen([build + "/tests/vcenter", "--snapshot", snapshot, "--port-file", ports, "--cert-out",
                                         work + "/cert.pem"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (os.path.exists(ports) and os.path.getsize(ports)):
            time.sleep(0.1)
        self.url = open(ports).readline().strip()
        self.address = urllib.parse.urlsplit(self.url).netloc

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Recorder(http.server.BaseHTTPRequestHandler):
    """Passes requests on and keeps the bodies; serves the kept responses as /N."""
    protocol_version = "HTTP/1.1"
    upstream, requests, responses, lock = None, [], [], threading.Lock()
    trust = ssl._create_unverified_context()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPSConnection(self.upstream, context=self.trust)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")}
        upstream.request(self.command, self.path, body or None, headers)
        answer = upstream.getresponse()
        content = answer.read()
        with self.lock:
            self.requests.append(body)
            self.responses.append((content, answer.headers.get("Content-Encoding")))
        self.reply(answer.status, content, answer.headers)

    def do_GET(self):
        if "vimServiceVersions" in self.path:
            return self.do_POST()
        content, encoding = self.responses[int(self.path[1:])]
        return self.reply(200, content, {"Content-Encoding": encoding} if encoding else {})

    def reply(self, status, content, headers):
        self.send_response(status)
        for name in ("Content-Type", "Content-Encoding", "Set-Cookie"):
            if headers.get(name):
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def serve(work):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", work + "/key.pem", "-out",
                    work + "/own.pem", "-days", "2", "-subj", "/CN=bench"], check=True, stderr=subprocess.DEVNULL)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(work + "/own.pem", work + "/key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


# A child's peak memory begins with that of the process that forks it: a small one does.
LAUNCHER = """
import os, sys, time
began = time.monotonic()
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
sys.exit(status != 0)
"""


def run(command, **environment):
    """Wall and CPU seconds and peak memory (bytes) of one process, which must succeed."""
    done = subprocess.run([sys.executable, "-SI", "-c", LAUNCHER, *command], capture_output=True, text=True, check=False,
                          env=dict(os.environ, **environment))
    if done.returncode != 0:
        sys.exit("%s failed: %s" % (command[0], done.stderr[-500:]))
    return tuple(map(float, done.stdout.split()))


def collect(bin_, source, work):
    shutil.rmtree(work + "/out", ignore_errors=True)
    return run([bin_ + "/collect", "-q", *source, "-o", work + "/out"], GOVC_USERNAME=USER, GOVC_PASSWORD=PASSWORD)


def asked(requests):
    """The kinds and property paths of the requests over the view, as a Python expression."""
    found = []
    for body in requests:
        kind = re.search(rb"<RetrievePropertiesEx .*?<type>(\w+)</type>.*ContainerView", body, re.S)
        if kind:
            paths = [p.decode().replace("&quot;", '"') for p in re.findall(rb"<pathSet>(.*?)</pathSet>", body)]
            found.append((kind.group(1).decode(), paths))
    return found


def other(port, work):
    """curl, then xmllint, over the recorded responses."""
    shutil.rmtree(work + "/xml", ignore_errors=True)
    os.mkdir(work + "/xml")
    n = len(Recorder.responses)
    fetched = run(["curl", "-sk", "--http1.1", "--compressed", "-o", work + "/xml/#1", "https://127.0.0.1:%d/[0-%d]" % (port, n - 1)])
    parsed = run(["xmllint", "--stream", "--noout"] + [work + "/xml/%d" % i for i in range(n)])
    return fetched[0] + parsed[0], fetched[1] + parsed[1], max(fetched[2], parsed[2])


def medians(rounds):
    return [statistics.median(column) for column in zip(*rounds)]


def show(name, figures):
    print("  %-28s %7.2f s wall  %6.2f s CPU  %6.1f MiB" % (name, figures[0], figures[1], figures[2] / 2**20), flush=True)


def verdict(text, reached):
    print("  %s: %s" % (text, "reached" if reached else "MISSED"))


def main():
    bin_, build, work = sys.argv[1:4]
    short = "--short" in sys.argv
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    port = serve(work)
    peaks = []
    for size in SIZES[short]:
        snapshot = "%s/%d" % (work, size)
        subprocess.run([build + "/tests/generate", "--vms", str(size), "--hosts", str(size // VMS_PER_HOST), "--clusters",
                        str(max(1, size // VMS_PER_CLUSTER)), "-o", snapshot], check=True)
        vcenter = Vcenter(build, snapshot, work)
        try:
            Recorder.upstream, Recorder.requests, Recorder.responses = vcenter.address, [], []
            collect(bin_, ["https://127.0.0.1:%d/sdk" % port, "--insecure"], work)
            with open(work + "/paths", "w") as file:
                file.write(repr(asked(Recorder.requests)))
            ours, py, curl = [], [], []
            for _ in range(ROUNDS[short]):
                ours.append(collect(bin_, [vcenter.url, "--cacert", work + "/cert.pem"], work))
                shutil.move(work + "/out", work + "/out-%d-%d" % (size, len(ours)))
                py.append(run(["/usr/bin/python3", "-c", PYVMOMI, vcenter.address, work + "/paths", USER, PASSWORD]))
                curl.append(other(port, work))
        finally:
            vcenter.stop()
        mine, theirs, base = medians(ours), medians(py), medians(curl)
        model = medians([collect(bin_, ["%s/out-%d-1" % (work, size)], work) for _ in range(ROUNDS[short])])
        peaks.append((size, mine[2], model[2]))
        print("%d VMs, %d requests, %.1f MiB of XML" % (size, len(Recorder.requests), sum(
            os.path.getsize(work + "/xml/%d" % i) for i in range(len(Recorder.responses))) / 2**20))
        show("collect", mine)
        show("pyvmomi, nothing written", theirs)
        show("curl, then xmllint --stream", base)
        verdict("CPU %.2f times curl's and xmllint's (at most %d)" % (mine[1] / base[1], OTHER_CPU_TARGET),
                mine[1] <= OTHER_CPU_TARGET * base[1])
        verdict("CPU %.3f times pyvmomi's (at most %.1f)" % (mine[1] / theirs[1], PYVMOMI_TARGET),
                mine[1] <= PYVMOMI_TARGET * theirs[1])
    (small, peak, model), (large, peak_large, model_large) = peaks
    growth = (peak_large - peak - (model_large - model)) / (large - small)
    verdict("memory grows by %.0f bytes a VM beyond the model's own (at most %d)" % (growth, MEMORY_TARGET),
            growth <= MEMORY_TARGET)


main()
