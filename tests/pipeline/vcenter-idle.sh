# SPDX-License-Identifier: MIT
# A session of the simulated vCenter ends once it was idle for its time, and lives as long as it is used.
. "$TOP/tests/pipeline/lib/vcenter.sh"

# call METHOD BODY: one call with the session's cookie
call() {
    curl -sk -b cookies -c cookies -H 'SOAPAction: "urn:vim25/7.0"' "$url" -d "<?xml version=\"1.0\"?><Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body><$1 xmlns=\"urn:vim25\">$2</$1></Body></Envelope>" >said
}

vcenter_start --session-time 2s
call Login "<_this type=\"SessionManager\">SessionManager</_this><userName>$account</userName><password>secret</password>"
grep -q '<userName>' said || complain 'a login' "$(cat said)"
for use in 1 2 3; do
    sleep 1
    call CurrentTime '<_this type="ServiceInstance">ServiceInstance</_this>'
    grep -q CurrentTimeResponse said || complain "a session in use ($use)" "$(cat said)"
done
sleep 2.3
call CurrentTime '<_this type="ServiceInstance">ServiceInstance</_this>'
grep -q NotAuthenticated said || complain 'a session that was idle' "$(cat said)"
vcenter_stop
finish
