# SPDX-License-Identifier: MIT
# Whatever a network, a proxy or a server answers: reads are repeated with pauses where that can help, all else is
# refused by name, and no snapshot is ever left behind that is not whole.
. "$TOP/tests/pipeline/lib/vcenter.sh"

vcenter_start
collects 0 'as it should be'
cp -r out/s whole

# survives CASE ORDER...: the snapshot is whole all the same
survives() {
    case=$1
    shift
    order "$@"
    collects 0 "$case" -q
    same_tables "$case" out/s whole
}

# fails CASE REGEX ORDER...: refused, with these words
fails() {
    case=$1 regex=$2
    shift 2
    order "$@"
    collects 1 "$case" -q --timeout 1
    says "$case" "$regex"
}

for method in vimServiceVersions.xml RetrievePropertiesEx QueryPerf; do
    survives "$method: a connection that breaks" "rule?method=$method&do=drop"
    survives "$method: XML that stops half way, once" "rule?method=$method&do=half"
    fails "$method: a web page" 'found a web page \(HTTP status 200\): expected a vSphere API; is the address right\?' "rule?method=$method&do=html&times=0"
    fails "$method: a redirect" 'found a redirect to "https://evil\.example/sdk": expected' "rule?method=$method&do=redirect&to=https://evil.example/sdk"
done
survives 'an answer that breaks off' 'rule?method=QueryPerf&do=cut'
survives 'busy twice' 'rule?method=QueryPerf&do=status&status=503&times=2'
fails 'XML that always stops half way' 'found an answer that stops half way: expected' 'rule?method=QueryPerf&do=half&times=0'
for status in 401 403; do
    fails $status "found HTTP status $status \(access denied before vSphere was asked\)" "rule?method=RetrievePropertiesEx&do=status&status=$status&times=0"
done
fails '404' 'found HTTP status 404: expected a vSphere API' 'rule?method=vimServiceVersions.xml&do=status&status=404&times=0'
survives 'an answer that trickles' 'rule?method=RetrievePropertiesEx&do=trickle&seconds=1&nth=2'
fails 'busy for ever' 'found HTTP status 503: the server is not available' 'rule?method=QueryPerf&do=status&status=503&times=0'
fails 'a server too slow' '[Tt]imed? ?out' 'rule?method=QueryPerf&do=delay&seconds=3&times=0'
fails 'a fault' 'RetrieveServiceContent: SystemError: ' 'rule?method=RetrieveServiceContent&do=fault&fault=SystemError'
fails 'a fault in the middle' 'QueryPerf: SystemError: ' 'rule?method=QueryPerf&do=fault&fault=SystemError&nth=3'
order 'rule?method=Login&do=drop'
collects 1 'a login is not repeated'
vcenter_stop

# nobody there
source=$url
trust="--cacert $TMP/cert.pem"
nobody() {
    is=0
    rm -rf out && mkdir out
    GOVC_PASSWORD=secret "$BIN/collect" "$1" -u "$account" --timeout 2 -o out/s >heard 2>said || is=$?
    test "$is" = 1 || complain "$1" "exit code $is"
    says "$1" "$2"
}
nobody "$url" '^collect: .*: Failed to connect'
nobody https://vcenter.invalid/sdk '^collect: .*: Could not resolve host'
finish
