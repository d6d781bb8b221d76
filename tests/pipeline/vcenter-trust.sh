# SPDX-License-Identifier: MIT
# The server's certificate is verified, within the handshake: a server that is not trusted gets no byte of a request.
. "$TOP/tests/pipeline/lib/vcenter.sh"

# distrusts CASE REGEX OPTION...: collect refuses the server and sent it nothing
distrusts() {
    case=$1 regex=$2
    shift 2
    trust=
    order reset
    rm -rf out && mkdir out
    is=0
    GOVC_PASSWORD=secret "$BIN/collect" "$url" -u "$account" "$@" -o out/s >heard 2>said || is=$?
    test "$is" = 1 || complain "$case" "exit code $is instead of 1"
    says "$case" "$regex"
    test "$(stat request_bytes)" = 0 || complain "$case" "$(stat request_bytes) bytes of requests were sent"
    unset trust
}

vcenter_start
wrong=$(echo "$thumbprint" | tr 0123456789ABCDEF 123456789ABCDEF0)
distrusts 'by default' '^collect: .*: the server.s certificate is not trusted: .*--cacert FILE'
distrusts 'a wrong thumbprint' "^collect: .*: the server shows another certificate .* SHA-256 is $thumbprint\$" --thumbprint "$wrong"
distrusts 'a wrong thumbprint and --insecure' 'the server shows another certificate' --thumbprint "$wrong" --insecure
distrusts 'a SHA-1' "found a SHA-1, .*: openssl s_client -connect $(echo "$url" | cut -d/ -f3) " --thumbprint "$(echo "$thumbprint" | cut -c1-59)"
sed -n "s/.*as this prints it: //p" said >command.sh
test "$(sh command.sh | cut -d= -f2)" = "$thumbprint" || complain 'a SHA-1' 'its command does not print the thumbprint'
distrusts "openssl's line of a SHA-1" 'found a SHA-1, ' --thumbprint "$(openssl x509 -in cert.pem -noout -fingerprint)"
distrusts 'a thumbprint that is none' 'found "nonsense": expected the SHA-256' --thumbprint nonsense
distrusts 'authorities that are none' "^collect: $TOP/README.md: found no certificate" --cacert "$TOP/README.md"
distrusts 'no authorities' '^collect: nowhere\.pem: found no certificate' --cacert nowhere.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other >openssl.said 2>&1
distrusts 'other authorities' 'certificate is not trusted' --cacert other.pem

# what stands in a certificate is told escaped, in one line
vcenter_stop
openssl req -x509 -newkey rsa:2048 -nodes -keyout hostile.key -out hostile.pem -days 2 -utf8 \
    -subj "/CN=$(printf 'evil\302\2332J\342\200\256\nname')" >openssl.said 2>&1
vcenter_start --tls-cert hostile.pem --tls-key hostile.key
distrusts 'names in a certificate' 'certificate is not trusted: .*evil\\u\{9B\}2J' --cacert hostile.pem
vcenter_stop
vcenter_start

collects 0 'its own certificate as authority'
trust="--thumbprint $thumbprint"
collects 0 'the right thumbprint'
trust="--thumbprint $(echo "$thumbprint" | tr -d : | tr A-F a-f)"
collects 0 'the right thumbprint without colons'
for line in "sha256 Fingerprint=$thumbprint" "SHA256 Fingerprint=$(echo "$thumbprint" | tr A-F a-f)" \
    "$(openssl x509 -in cert.pem -noout -fingerprint -sha256)"; do
    trust=
    collects 0 "openssl's line: $line" --thumbprint "$line"
done
trust=--insecure
collects 0 'not verified'
says 'not verified' '^collect: .*: the server.s certificate is not verified'
trust="--cacert other.pem:cert.pem"
collects 0 'one of several authorities'
trust=
GOVC_TLS_CA_CERTS=cert.pem collects 0 'authorities of the environment'
for word in 1 true True TRUE tRuE; do
    GOVC_INSECURE=$word collects 0 "the environment says not to verify: $word"
done
for word in 0 false yes 2; do
    GOVC_INSECURE=$word collects 1 "the environment does not say so: $word"
done
GOVC_INSECURE=1 GOVC_TLS_CA_CERTS=other.pem collects 1 'the environment says whom to trust'
trust=-k
GOVC_TLS_CA_CERTS=other.pem GOVC_TLS_KNOWN_HOSTS=nowhere collects 0 'an option comes before the environment'

# known hosts, as govc keeps them
trust=
host=$(echo "$url" | cut -d/ -f3)
sha1=$(openssl x509 -in cert.pem -noout -fingerprint -sha1 | cut -d= -f2)
printf 'other.example %s\n%s %s\n' "$wrong" "$host" "$sha1" >known
GOVC_TLS_KNOWN_HOSTS=nowhere:known collects 0 'a known host by SHA-1'
GOVC_TLS_KNOWN_HOSTS=known GOVC_TLS_CA_CERTS=other.pem collects 0 'a known host comes before authorities'
printf '%s %s\r\n' "$host" "$thumbprint" >known
GOVC_TLS_KNOWN_HOSTS=known collects 0 'a known host by SHA-256'
printf '%s %s\n%s %s\n' "$host" "$sha1" "$host" "$wrong" >known
GOVC_TLS_KNOWN_HOSTS=known distrusts 'another certificate than the known one' \
    "the server shows another certificate than known:2 names; its SHA-256 is $thumbprint\$"
GOVC_TLS_KNOWN_HOSTS=known GOVC_INSECURE=1 distrusts 'a known host is verified' 'another certificate than known:2 names'
printf '%s nonsense\n' "$host" >known
GOVC_TLS_KNOWN_HOSTS=known distrusts 'a known host without a thumbprint' '^collect: known:1: found "nonsense": expected the SHA-256'
printf '%s %s\n%s\n' "${host%:*}:1" "$thumbprint" "$host" >known
GOVC_TLS_KNOWN_HOSTS=known distrusts 'a host that is not known' 'certificate is not trusted'
GOVC_TLS_KNOWN_HOSTS=. distrusts 'known hosts that cannot be read' '^collect: GOVC_TLS_KNOWN_HOSTS: '
trust=
vcenter_stop

# a certificate for another name, and one that has expired
openssl req -x509 -newkey rsa:2048 -nodes -keyout named.key -out named.pem -days 2 -subj /CN=vcenter.example \
    -addext subjectAltName=DNS:vcenter.example >openssl.said 2>&1
vcenter_start --tls-cert named.pem --tls-key named.key
distrusts 'for another name' 'certificate is not trusted: .*(name|subject)' --cacert named.pem
trust="--thumbprint $(openssl x509 -in named.pem -noout -fingerprint -sha256 | cut -d= -f2)"
collects 0 'for another name, but pinned'
vcenter_stop
cat >ca.cnf <<'EOF'
[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
EOF
: >index
echo 01 >serial
openssl req -newkey rsa:2048 -nodes -keyout old.key -out old.csr -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 >openssl.said 2>&1
openssl ca -batch -config ca.cnf -selfsign -keyfile old.key -in old.csr -out old.pem -notext \
    -startdate 20200101000000Z -enddate 20210101000000Z >openssl.said 2>&1
vcenter_start --tls-cert old.pem --tls-key old.key
distrusts 'expired' 'certificate is not trusted: .*expired' --cacert old.pem
vcenter_stop
finish
