#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check the simulated vCenter below SOAP: what a client meets on the wire.

    wire.py URL CONTROL CERTIFICATE API_VERSION

Plain HTTPS by Python's own library, so that broken answers can be looked at.
"""

import gzip
import http.client
import json
import ssl
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlencode, urlparse

ENVELOPE = ('<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header><operationID>{id}</operationID>'
            '</soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>')
CONTENT = '<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this>' \
    '</RetrieveServiceContent>'
LOGIN = '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>' \
    '<userName>administrator@vsphere.local</userName><password>{password}</password></Login>'
TIME = '<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>'
FOLDER = '<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>' \
    '<propSet><type>Folder</type><pathSet>name</pathSet></propSet><objectSet><obj type="Folder">group-d1</obj>' \
    '</objectSet></specSet><options/></RetrievePropertiesEx>'


class Wire:
    def __init__(self, url, control, certificate):
        self.url, self.control = urlparse(url), control
        self.tls = ssl.create_default_context(cafile=certificate)
        self.cookie = None

    def connection(self):
        return http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.tls, timeout=10)

    def call(self, body, operation="", version="6.5", packed=False):
        """Status, headers and bytes of the answer to one call."""
        headers = {"Content-Type": "text/xml", "SOAPAction": f'"urn:vim25/{version}"'}
        if packed:
            headers["Accept-Encoding"] = "gzip"
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection = self.connection()
        try:
            connection.request("POST", "/sdk", ENVELOPE.format(id=operation, body=body), headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.getheader("Set-Cookie"):
                self.cookie = answer.getheader("Set-Cookie").split(";")[0]
            return answer.status, answer.headers, content
        finally:
            connection.close()

    def order(self, name, **query):
        request = urllib.request.Request(f"{self.control}/{name}?{urlencode(query)}", method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def stats(self):
        with urllib.request.urlopen(f"{self.control}/stats") as answer:
            return json.load(answer)

    def log(self):
        with urllib.request.urlopen(f"{self.control}/log") as answer:
            return [json.loads(line) for line in answer]


def well_formed(content):
    try:
        ElementTree.fromstring(content)
        return True
    except ElementTree.ParseError:
        return False


def broken(wire, body):
    """The connection ends before the answer does."""
    try:
        wire.call(body)
    except (http.client.HTTPException, OSError):
        return True
    return False


def a_handshake_alone_sends_no_request_byte(wire):
    before = wire.stats()
    connection = wire.connection()
    connection.connect()
    assert connection.sock.getpeercert()["subject"]
    connection.close()
    after = wire.stats()
    assert after["connections"] == before["connections"] + 1
    assert after["request_bytes"] == before["request_bytes"]
    wire.call(CONTENT)
    assert wire.stats()["request_bytes"] > before["request_bytes"]


def a_wrong_password_is_invalid_login(wire):
    status, _, content = wire.call(LOGIN.format(password="wrong"))
    assert status == 500 and b'xsi:type="InvalidLogin"' in content, content
    assert wire.cookie is None


def without_a_session_calls_are_not_authenticated(wire):
    status, _, content = wire.call(TIME)
    assert status == 500 and b'xsi:type="NotAuthenticated"' in content, content


def a_login_gives_a_cookie(wire):
    status, _, _ = wire.call(LOGIN.format(password="secret"))
    assert status == 200 and wire.cookie.startswith("vmware_soap_session=")
    assert wire.call(TIME)[0] == 200


def versions_are_listed_and_others_refused(wire, version):
    connection = wire.connection()
    connection.request("GET", "/sdk/vimServiceVersions.xml")
    spoken = [v.text for v in ElementTree.fromstring(connection.getresponse().read()).iter("version")]
    connection.close()
    assert spoken[0] == version and "6.5" in spoken and "2.5u2" in spoken, spoken
    status, _, content = wire.call(CONTENT, version="99.0")
    assert status == 500 and b"Unsupported version URI" in content


def a_large_answer_is_packed_where_the_client_takes_it(wire):
    _, headers, plain = wire.call(CONTENT)
    assert "Content-Encoding" not in headers
    _, headers, packed = wire.call(CONTENT, packed=True)
    assert headers["Content-Encoding"] == "gzip" and gzip.decompress(packed) == plain


def the_log_names_the_operation(wire):
    wire.call(TIME, operation="vmanger-17")
    last = wire.log()[-1]
    assert (last["method"], last["operation_id"], last["status"]) == ("CurrentTime", "vmanger-17", 200), last


def answers_are_broken_as_ordered(wire):
    for query, check in (
            ({"do": "html"}, lambda a: a[0] == 200 and a[1]["Content-Type"] == "text/html" and b"<html>" in a[2]),
            ({"do": "status", "status": 401}, lambda a: a[0] == 401),
            ({"do": "status", "status": 403}, lambda a: a[0] == 403),
            ({"do": "redirect", "to": "https://127.0.0.1:1/sdk"},
             lambda a: a[0] == 307 and a[1]["Location"] == "https://127.0.0.1:1/sdk"),
            ({"do": "half"}, lambda a: a[0] == 200 and a[2] and not well_formed(a[2])),
            ({"do": "trickle", "seconds": 0.2}, lambda a: a[0] == 200 and well_formed(a[2])),
            ({"do": "fault", "fault": "HostCommunication"}, lambda a: a[0] == 500 and b"HostCommunication" in a[2])):
        wire.order("rule", method="RetrieveServiceContent", **query)
        answer = wire.call(CONTENT)
        assert check(answer), (query, answer)
    for query in ({"do": "cut"}, {"do": "cut", "bytes": 0}, {"do": "cut", "bytes": 10}, {"do": "drop"}):
        wire.order("rule", method="RetrieveServiceContent", **query)
        assert broken(wire, CONTENT), query
    assert well_formed(wire.call(CONTENT)[2])


def what_only_a_newer_vcenter_knows_is_added_as_ordered(wire):
    assert b"FutureInfo" not in wire.call(FOLDER)[2]
    wire.order("unknown")
    content = wire.call(FOLDER)[2]
    assert well_formed(content) and b"FutureInfo" in content and b"<name>name</name>" in content, content
    wire.order("unknown", on="no")
    assert b"FutureInfo" not in wire.call(FOLDER)[2]


def requests_that_vcenter_would_not_parse_are_refused(wire):
    for wrong, reason in (
            (FOLDER.replace("<options/>", ""), b"required property options is missing"),
            (FOLDER.replace("<type>Folder</type><pathSet>name</pathSet>", "<pathSet>name</pathSet><type>Folder</type>"),
             b"required property type is missing"),
            (FOLDER.replace("<pathSet>name</pathSet>", "<path>name</path>"), b"unexpected element tag"),
            (FOLDER.replace('<obj type="Folder">', "<obj>"), b"a reference without a type"),
            (TIME.replace("urn:vim25", "urn:vim24"), b"namespace")):
        status, _, content = wire.call(wrong)
        assert status == 500 and b'xsi:type="InvalidRequest"' in content and reason in content, (wrong, content)


def main():
    url, control, certificate, version = sys.argv[1:]
    wire = Wire(url, control, certificate)
    wire.order("reset")
    a_handshake_alone_sends_no_request_byte(wire)
    a_wrong_password_is_invalid_login(wire)
    without_a_session_calls_are_not_authenticated(wire)
    a_login_gives_a_cookie(wire)
    versions_are_listed_and_others_refused(wire, version)
    a_large_answer_is_packed_where_the_client_takes_it(wire)
    the_log_names_the_operation(wire)
    requests_that_vcenter_would_not_parse_are_refused(wire)
    answers_are_broken_as_ordered(wire)
    what_only_a_newer_vcenter_knows_is_added_as_ordered(wire)
    print("the wire is as ordered")


if __name__ == "__main__":
    main()
