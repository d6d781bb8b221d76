# SPDX-License-Identifier: MIT
"""Writes RVTools exports as people have them, and as nobody should.

    python3 rvtools.py forms DIR      one export in every form, DIR/FORM; each says the same
    python3 rvtools.py spoilt DIR     those that are broken, hostile or poor, DIR/CASE
    python3 rvtools.py changed DIR    for each line TAB|COLUMN|ROW|VALUE|… of standard input DIR/1, DIR/2 …: a workbook with
                                      one cell changed (row 0: the heading; =#N: a number), or for TAB|| and TAB|COLUMN|
                                      without that tab or column
"""
import os
import struct
import sys
import zipfile
from xml.sax.saxutils import escape, quoteattr

UUID = "3f6f9c1e-5d0a-4b7e-9a52-7c1d0e8b4f23"
SERVER = "vcsa.example.com"
END = ["vcsa.example.com", UUID]
HOSTS = "esx1.example.com, esx2.example.com, esx3.example.com"


def host(name, cluster, cpu, memory, number, maintenance="False"):
    return [name, "DC", cluster, "green", maintenance, "False", "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", 2000, "True",
            "True", 2, 8, 16, cpu, 131072, memory, 12, 9, "True", "", "intel-skylake",
            "VMware ESXi 8.0.3 build-24022510", "host-%d" % number] + END


VHOST = [["Host", "Datacenter", "Cluster", "Config status", "in Maintenance Mode", "in Quarantine Mode", "CPU Model",
          "Speed", "HT Available", "HT Active", "# CPU", "Cores per CPU", "# Cores", "CPU usage %", "# Memory",
          "Memory usage %", "# VMs total", "# VMs", "VMotion support", "Current EVC", "Max EVC", "ESX Version",
          "Object ID", "VI SDK Server", "VI SDK UUID"],
         host("esx1.example.com", "Prod", 92, 61, 11), host("esx2.example.com", "Prod", 20, 30, 12),
         host("esx3.example.com", "Prod", 15, 22, 13), host("lone.example.com", "", 5, 10, 14)]
VCLUSTER = [["Name", "Config status", "HA enabled", "Failover Level", "AdmissionControlEnabled", "DRS enabled",
             "DRS default VM behavior", "DPM enabled", "DPM default behavior", "Object ID", "VI SDK Server", "VI SDK UUID"],
            ["Prod", "green", "True", 1, "True", "True", "manual", "False", "automated", "domain-c8"] + END]
VRP = [["Resource Pool name", "Resource Pool path", "CPU limit", "CPU reservation", "CPU shares",
        "CPU expandableReservation", "Mem limit", "Mem reservation", "Mem shares", "Mem expandableReservation", "Object ID",
        "VI SDK Server", "VI SDK UUID"],
       ["Resources", "/DC/Prod/Resources", -1, 0, 4000, "True", -1, 0, 163840, "True", "resgroup-9"] + END,
       ["Web", "/DC/Prod/Resources/Web", -1, 1000, 4000, "False", 98304, 2048, 163840, "False", "resgroup-10"] + END,
       ["Resources", "/DC/lone.example.com/Resources", -1, 0, 4000, "True", -1, 0, 163840, "True", "resgroup-15"] + END]
VDATASTORE = [["Name", "Accessible", "Capacity MiB", "# Hosts", "Hosts", "Object ID", "VI SDK Server", "VI SDK UUID"],
              ["san", "True", 1048576, 3, HOSTS, "datastore-21"] + END,
              ["local3", "True", 1048576, 1, "esx3.example.com", "datastore-22"] + END,
              ["stick", "True", 4096, 1, "lone.example.com", "datastore-23"] + END]


class Guest:
    def __init__(self, number, name, at, power="poweredOn", cpus=4, memory=8192, used=0, active=0, consumed=0,
                 template="False", connection="connected", store="san", hot_add="True", ignore="", note="", cluster="Prod",
                 pool="/DC/Prod/Resources", folder="/DC/vm/Shop/Web"):
        self.__dict__.update(locals())


GUESTS = [
    Guest(101, "web1", "esx1.example.com", cpus=8, memory=16384, used=9000, active=2048, consumed=16000,
          note="first line\nsecond line, with \"quotes\"; and <signs>", pool="/DC/Prod/Resources/Web"),
    Guest(102, "web2", "esx1.example.com", cpus=8, memory=16384, used=8000, active=2048, consumed=15000),
    Guest(103, "web3", "esx1.example.com", cpus=8, memory=16384, used=6000, active=2048, consumed=12288),
    Guest(104, "db", "esx2.example.com", memory=4096, used=2000, active=3700, consumed=4000),
    Guest(105, "off", "esx2.example.com", power="poweredOff"),
    Guest(106, "golden", "esx2.example.com", power="poweredOff", template="True"),
    Guest(107, "lost", "esx2.example.com", power="poweredOff", connection="orphaned"),
    Guest(108, "away", "esx2.example.com", power="poweredOff", connection="inaccessible"),
    Guest(109, "stranger", "esx9.example.com", used=100, active=100, consumed=200),
    Guest(110, "vCLS-4c4c4544", "esx3.example.com", cpus=1, memory=128, used=20, active=10, consumed=100),
    Guest(111, "backup", "esx3.example.com", used=500, active=512, consumed=2048, ignore="ignore"),
    Guest(112, "web1", "esx3.example.com", cpus=2, memory=2048, used=300, active=256, consumed=1024, store="local3",
          folder="/DC/vm"),
    Guest(113, "=HYPERLINK(\"http://x\")", "esx3.example.com", used=100, active=256, consumed=1024, hot_add="False"),
    Guest(114, "burner", "lone.example.com", used=200, active=256, consumed=1024, store="stick", cluster="",
          pool="/DC/lone.example.com/Resources"),
]
TAIL = ["Annotation", "vmanger", "Datacenter", "Cluster", "Host", "VM ID", "VI SDK Server", "VI SDK UUID"]


def tail(guest):
    return [guest.note, guest.ignore, "DC", guest.cluster, guest.at, "vm-%d" % guest.number] + END


VINFO = [["VM", "Powerstate", "Template", "SRM Placeholder", "Connection state", "CPUs", "Memory", "Active Memory",
          "Latency Sensitivity", "Resource pool", "Folder", "FT State", "Cluster rule name(s)", "HW version", "Path",
          "OS according to the configuration file", "DNS Name", "VM UUID", "VI SDK Server type", "VI SDK API Version"] + TAIL]
VCPU = [["VM", "CPUs", "Cores p/s", "Overall", "Shares", "Reservation", "Limit", "Hot Add"] + TAIL]
VMEMORY = [["VM", "Size MiB", "Memory Reservation Locked To Max", "Consumed", "Consumed Overhead", "Swapped", "Ballooned",
            "Active", "Shares", "Reservation", "Limit", "Hot Add"] + TAIL]
VDISK = [["VM", "Disk", "Capacity MiB", "Shared Bus", "Path"] + TAIL]
VCD = [["VM", "Device Node", "Connected", "Device Type"] + TAIL]
for g in GUESTS:
    path = "[%s] %s/%s.vmx" % (g.store, g.number, g.number)
    VINFO.append([g.name, g.power, g.template, "False", g.connection, g.cpus, g.memory, g.active, "normal", g.pool,
                  g.folder, "notConfigured", "apart" if g.name == "db" else "", 21, path, "Debian GNU/Linux 12 (64-bit)", "guest%d.example.com" %
                  g.number, "500b85c1-ef0d-37fb-6897-61c47157f%03d" % g.number, "VMware vCenter Server 8.0.3 build-24022515",
                  "8.0.3.0"] + tail(g))
    on = g.power == "poweredOn"
    VCPU.append([g.name, g.cpus, 1, g.used, 1000 * g.cpus, 0, -1, g.hot_add] + tail(g))
    VMEMORY.append([g.name, g.memory, "False", g.consumed, 64 if on else 0, 0, 0, g.active, 10 * g.memory, 0, -1,
                    g.hot_add] + tail(g))
    VDISK.append([g.name, "Hard disk 1", 10240, "noSharing", path.replace(".vmx", ".vmdk")] + tail(g))
    VCD.append([g.name, "CD/DVD drive 1", "True" if g.number in (102, 104) else "False",
                {102: "Host device", 104: "ISO [san] linux.iso"}.get(g.number, "Client device")] + tail(g))
VMETADATA = [["RVTools major version", "RVTools version", "xlsx creation datetime", "Server"],
             [4, "4.7.1.4", "2026-11-20 20:15:00", SERVER]]


def tabs():
    return {name: [list(row) for row in rows] for name, rows in (
        ("vInfo", VINFO), ("vCPU", VCPU), ("vMemory", VMEMORY), ("vDisk", VDISK), ("vCD", VCD), ("vRP", VRP),
        ("vCluster", VCLUSTER), ("vHost", VHOST), ("vDatastore", VDATASTORE), ("vMetaData", VMETADATA))}


# ---- workbooks ----

def column(index):
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


class Workbook:
    def __init__(self, inline=False, references=True, booleans=False, rich=False, empty_rows=0, head=""):
        self.inline, self.references, self.booleans, self.rich = inline, references, booleans, rich
        self.empty_rows, self.head, self.strings = empty_rows, head, {}

    def text(self, value):
        value = escape(value.replace("_x", "_x005F_x"))
        if self.rich and len(value) > 3:
            return "<r><t>%s</t></r><r><t xml:space=\"preserve\">%s</t></r><rPh sb=\"0\" eb=\"1\"><t>no</t></rPh>" % (
                value[:2], value[2:]) if "&" not in value else "<t>%s</t>" % value
        return "<t xml:space=\"preserve\">%s</t>" % value

    def cell(self, value, at):
        place = ' r="%s"' % at if self.references else ""
        if value == "" and self.references:
            return ""
        if value == "":
            return "<c s=\"1\"/>"
        if isinstance(value, (int, float)):
            return "<c%s><v>%s</v></c>" % (place, value)
        if self.booleans and value in ("True", "False"):
            return "<c%s t=\"b\"><v>%d</v></c>" % (place, value == "True")
        if self.inline:
            return "<c%s t=\"inlineStr\"><is>%s</is></c>" % (place, self.text(value))
        index = self.strings.setdefault(value, len(self.strings))
        return "<c%s t=\"s\"><v>%d</v></c>" % (place, index)

    def sheet(self, rows):
        out = [self.head, '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cols>'
               '<col min="1" max="3"/></cols><sheetData>']
        for number, row in enumerate(rows, 1):
            cells = "".join(self.cell(value, column(i) + str(number)) for i, value in enumerate(row))
            out.append("<row%s>%s</row>" % (' r="%d"' % number if self.references else "", cells))
        for number in range(len(rows) + 1, len(rows) + 1 + self.empty_rows):
            out.append('<row r="%d"><c r="A%d" s="3"/><c r="B%d" s="3"><v></v></c></row>' % (number, number, number))
        return "".join(out) + "</sheetData></worksheet>"

    def parts(self, content):
        space = "http://schemas.openxmlformats.org/package/2006/relationships"
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
        sheets = {name: self.sheet(rows) for name, rows in content.items()}
        relations = ["<Relationship Id=\"rId%d\" Type=\"%sworksheet\" Target=\"worksheets/sheet%d.xml\"/>" % (i, kind, i)
                     for i in range(1, len(sheets) + 1)]
        if not self.inline:
            relations.append("<Relationship Id=\"rId99\" Type=\"%ssharedStrings\" Target=\"/xl/sharedStrings.xml\"/>" % kind)
        parts = {
            "_rels/.rels": '<Relationships xmlns="%s"><Relationship Id="r1" Type="%sofficeDocument" '
                           'Target="xl/workbook.xml"/></Relationships>' % (space, kind),
            "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
                               'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>%s'
                               "</sheets></workbook>" % "".join(
                                   "<sheet name=%s sheetId=\"%d\" r:id=\"rId%d\"/>" % (quoteattr(name), i, i)
                                   for i, name in enumerate(sheets, 1)),
            "xl/_rels/workbook.xml.rels": '<Relationships xmlns="%s">%s</Relationships>' % (space, "".join(relations)),
        }
        if not self.inline:
            parts["xl/sharedStrings.xml"] = "<sst>%s</sst>" % "".join("<si>%s</si>" % self.text(one) for one in self.strings)
        for i, name in enumerate(sheets, 1):
            parts["xl/worksheets/sheet%d.xml" % i] = sheets[name]
        return parts

    def write(self, content, out):
        write_parts(self.parts(content), out)


def write_parts(parts, out):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


# ---- CSV ----

def write_csv(content, out, separator=",", encoding="utf-8", line="\r\n", prefix="RVTools_tab"):
    os.mkdir(out)
    for name, rows in content.items():
        text = ""
        for row in rows:
            cells = [str(value) for value in row]
            cells = ['"%s"' % c.replace('"', '""') if any(s in c for s in '",;\t\r\n') else c for c in cells]
            text += separator.join(cells) + line
        with open(os.path.join(out, prefix + name + ".csv"), "wb") as file:
            file.write(text.encode(encoding))


# ---- what differs ----

BATCH = {"vInfo.VM": "vInfoVMName", "vInfo.VM UUID": "vInfoUUID", "vInfo.DNS Name": "vInfoGuestHostName",
         "vInfo.OS according to the configuration file": "vInfoOS", "vInfo.vmanger": "vInfo_vmanger",
         "vCPU.VM": "vCPUVMName", "vCPU.Cores p/s": "vCPUCoresPerSocket", "vCPU.Overall": "vCPUOverallCpuUsage",
         "vMemory.VM": "vMemoryVMName", "vDisk.VM": "vDiskVMName", "vCD.VM": "vCDVMName",
         "vHost.Host": "vHostName", "vHost.Speed": "vHostCpuMhz", "vHost.# CPU": "vHostNumCpu",
         "vHost.# Cores": "vHostNumCpuCores", "vHost.CPU usage %": "vHostOverallCpuUsage",
         "vHost.# Memory": "vHostMemorySize", "vHost.Memory usage %": "vHostOverallMemoryUsage",
         "vHost.ESX Version": "vHostFullName", "vHost.# VMs total": "vHostVMsTotal", "vHost.# VMs": "vHostVMs",
         "vHost.HT Active": "vHostHyperThreadingActive", "vMetaData.xlsx creation datetime": "xlsx creation datetime"}


def renamed(name, heading):
    words = "".join(word[:1].upper() + word[1:] for word in heading.replace("/", " ").split())
    return BATCH.get(name + "." + heading, name + words)


def each_cell(content, change):
    return {name: [rows[0]] + [[change(value) for value in row] for row in rows[1:]] for name, rows in content.items()}


def grouped(sign, decimals=""):
    return lambda value: "{:,}".format(value).replace(",", sign) + decimals if isinstance(value, int) else value


ATTRIBUTES = ["Owner", "Host", "Name", "Cluster", "Memory", "VM"]


def with_attributes(content, names=None):
    """Custom attributes called as columns are, where RVTools puts those of VMs and of others."""
    for rows in content.values():
        at = rows[0].index("Annotation") + 1 if "Annotation" in rows[0] else \
            rows[0].index("Object ID") + 1 if "Object ID" in rows[0] else None
        if at:
            for i, row in enumerate(rows):
                row[at:at] = (names or ATTRIBUTES) if i == 0 else \
                    ["Kate", "esx2.example.com", "nobody", "Test", "lots", "of\nlines"]
    return content


def headings(content, change):
    return {name: [[change(name, h) for h in rows[0]]] + rows[1:] for name, rows in content.items()}


def shuffled(content):
    return {"Sheet %s" % name: [row[::-1] for row in rows] for name, rows in reversed(content.items())}


def serial(content):
    content["vMetaData"][1][2] = 46346.84375
    return content


FORMS = {
    "workbook": lambda out: Workbook().write(tabs(), out),
    "inline": lambda out: Workbook(inline=True, references=False, booleans=True).write(tabs(), out),
    "rich": lambda out: Workbook(rich=True).write(tabs(), out),
    "empty_rows": lambda out: Workbook(empty_rows=990).write(tabs(), out),
    "dates": lambda out: Workbook().write(serial(tabs()), out),
    "order": lambda out: Workbook().write(shuffled(tabs()), out),
    "attributes": lambda out: Workbook().write(with_attributes(tabs()), out),
    "old": lambda out: Workbook().write(headings(each_cell(
        tabs(), lambda v: {"True": "1", "False": "0"}.get(v, v)), lambda _, h: h.replace("MiB", "MB").replace("# VMs total", "# VMs")), out),
    "batch": lambda out: Workbook().write(headings(with_attributes(tabs(), ["_tags_Team", "_Host", "_Name", "_Cluster",
                                                                            "_Memory", "_VM"]), renamed), out),
    "points": lambda out: Workbook().write(each_cell(tabs(), grouped(".")), out),
    "spaces": lambda out: Workbook().write(each_cell(tabs(), grouped("\u00a0", ",0")), out),
    "csv": lambda out: write_csv(each_cell(tabs(), grouped(",")), out, encoding="utf-8-sig"),
    "semicolons": lambda out: write_csv(each_cell(with_attributes(tabs()), grouped(".")), out, separator=";", prefix=""),
    "utf16": lambda out: write_csv(each_cell(tabs(), lambda v: {"True": "TRUE", "False": "FALSE"}.get(v, v)), out,
                                   separator="\t", encoding="utf-16", line="\n"),
}


# ---- what is broken ----

def spoilt_part(part, change):
    def write(out):
        parts = Workbook().parts(tabs())
        parts[part] = change(parts[part])
        write_parts({name: text for name, text in parts.items() if text is not None}, out)
    return write


def cut(out):
    Workbook().write(tabs(), out)
    os.truncate(out, os.path.getsize(out) // 2)


def damaged(out):
    Workbook().write(tabs(), out)
    with zipfile.ZipFile(out) as archive:
        place = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 200
    with open(out, "r+b") as file:
        file.seek(place)
        file.write(b"\0" * 64)


def bomb(out):
    """A part that says it unpacks to 3 GiB."""
    Workbook().write(tabs(), out)
    with open(out, "rb") as file:
        raw = file.read()
    with zipfile.ZipFile(out) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    with open(out, "wb") as file:
        file.write(raw.replace(struct.pack("<I", size), struct.pack("<I", 3 << 30)))


def bytes_file(content):
    def write(out):
        with open(out, "wb") as file:
            file.write(content)
    return write


def csv_with(name, content):
    def write(out):
        write_csv(tabs(), out)
        with open(os.path.join(out, name), "wb") as file:
            file.write(content)
    return write


def two_vcenters(out):
    content = tabs()
    content["vInfo"][-1][-1] = "11111111-2222-3333-4444-555555555555"
    Workbook().write(content, out)


def twice(out):
    content = tabs()
    content["vInfo"].append(content["vInfo"][1])
    Workbook().write(content, out)


def without_ids(out):
    content = tabs()
    for name in ("vInfo", "vCPU", "vMemory", "vDisk", "vCD"):
        at = content[name][0].index("VM ID")
        content[name] = [row[:at] + row[at + 1:] for row in content[name]]
    Workbook().write(content, out)


def same_name(out):
    """Two VMs of one name, which only vInfo tells apart; and two hosts of one name in two datacenters."""
    content = tabs()
    for name in ("vCPU", "vMemory", "vDisk", "vCD"):
        at = content[name][0].index("VM ID")
        content[name] = [[v for i, v in enumerate(row) if i != at and content[name][0][i] not in ("Host", "Cluster")]
                         for row in content[name]]
    double = list(content["vHost"][3])
    double[1], double[-3] = "DC2", "host-99"
    content["vHost"].append(double)
    at = content["vInfo"][0].index("Datacenter")
    content["vInfo"][-2][at] = "DC3"
    Workbook().write(content, out)


def bare(out):
    """No ids, no names of servers, no times, and little more than what must be there."""
    keep = {"vInfo": ["VM", "Powerstate", "CPUs", "Memory", "Host"], "vHost": ["Host", "Cluster", "Speed", "# Cores", "# Memory"]}
    content = tabs()
    content["vInfo"] = [row for row in content["vInfo"] if row[0] != "web1"]
    Workbook(inline=True).write({name: [[row[content[name][0].index(c)] for c in columns] for row in content[name]]
                                 for name, columns in keep.items()}, out)


def set_cell(tab, heading, row, value):
    def write(out):
        content = tabs()
        content[tab][int(row)][content[tab][0].index(heading)] = float(value[2:]) if value.startswith("=#") else value
        Workbook().write(content, out)
    return write


def drop(name, heading):
    def write(out):
        content = tabs()
        if heading:
            at = content[name][0].index(heading)
            content[name] = [row[:at] + row[at + 1:] for row in content[name]]
        else:
            del content[name]
        Workbook().write(content, out)
    return write


SHEET1 = "xl/worksheets/sheet1.xml"
SPOILT = {
    "cut": cut,
    "damaged": damaged,
    "bomb": bomb,
    "xls": bytes_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500),
    "text": bytes_file(b"VM,Powerstate\n"),
    "nothing": bytes_file(b""),
    "doctype": spoilt_part(SHEET1, lambda text: '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + text),
    "entity": spoilt_part(SHEET1, lambda text: text.replace("<sheetData>", "<sheetData>&file;")),
    "xml": spoilt_part(SHEET1, lambda text: text[:len(text) // 2]),
    "no_part": spoilt_part(SHEET1, lambda text: None),
    "no_relations": spoilt_part("_rels/.rels", lambda text: None),
    "outside": spoilt_part("xl/_rels/workbook.xml.rels", lambda text: text.replace(
        "worksheets/sheet1.xml", "../../../../../../etc/passwd")),
    "string": spoilt_part(SHEET1, lambda text: text.replace('t="s"><v>', 't="s"><v>99999', 1)),
    "row": spoilt_part(SHEET1, lambda text: text.replace('<row r="2"', '<row r="18446744073709551617"', 1)),
    "column": spoilt_part(SHEET1, lambda text: text.replace('r="A2"', 'r="ZZZZZZZZZZZZ2"', 1)),
    "two_tabs": spoilt_part("xl/workbook.xml", lambda text: text.replace('name="vCPU"', 'name="RVTools_tabvInfo"')),
    "two_vcenters": two_vcenters,
    "twice": twice,
    "without_ids": without_ids,
    "same_name": same_name,
    "bare": bare,
    "ansi": csv_with("RVTools_tabvHost.csv", "Host,Speed,# Cores,# Memory\nh\u00f6st,1,1,1\n".encode("latin-1")),
    "odd_utf16": csv_with("RVTools_tabvHost.csv", b"\xff\xfeH\0o\0s\0t\0\0\xd8"),
    "ragged": csv_with("RVTools_tabvHost.csv", b"Host,Speed,# Cores,# Memory\nesx1,2,5,16,1024\n"),
    "short": csv_with("RVTools_tabvHost.csv", b"Host,Speed,# Cores,# Memory\nesx1,2000\n"),
    "two_files": csv_with("vInfo.csv", b"VM\n"),
    "no_tabs": lambda out: os.mkdir(out),
}


def main(what, directory):
    os.mkdir(directory)
    if what == "changed":
        cases = {}
        for number, line in enumerate(sys.stdin, 1):
            tab, heading, row, value = line.replace("\\u202e", "\u202e").split("|")[:4]
            cases[str(number)] = set_cell(tab, heading, row, value) if row else drop(tab, heading)
    else:
        cases = FORMS if what == "forms" else SPOILT
    for name, write in cases.items():
        write(os.path.join(directory, name))


main(*sys.argv[1:])
