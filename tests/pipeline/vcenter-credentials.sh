# SPDX-License-Identifier: MIT
# Passwords come from the environment, a file or a prompt, never from the command line, and show nowhere.
. "$TOP/tests/pipeline/lib/vcenter.sh"

vcenter_start --password 's&cret<"é'
password='s&cret<"é' collects 0 'the environment' -v
! grep -qF 's&cret' heard said server.log || complain 'the environment' 'the password is shown'
! grep -qi 'vmware_soap_session\|cookie' heard said || complain 'the environment' 'a cookie is shown'
password=wrong collects 1 'a wrong password'
says 'a wrong password' '^collect: account ".*": .*: Login: InvalidLogin'

unset_password() {
    is=0
    (unset GOVC_PASSWORD && "$BIN/collect" "$@" --cacert cert.pem -o out/s >heard 2>said </dev/null) || is=$?
}
rm -rf out && mkdir out
umask 077
printf '%s\r\nsecond line\n' 's&cret<"é' >password
unset_password "$url" -u "$account" --password-file password
test "$is" = 0 || complain 'a file' "exit code $is"
rm -rf out && mkdir out
: >empty
unset_password "$url" -u "$account" --password-file empty
test "$is" = 1 || complain 'an empty file' "exit code $is"
says 'an empty file' '^collect: empty: found nothing: expected a password'
unset_password "$url" -u "$account" --password-file nowhere
says 'no file' '^collect: nowhere: cannot be read'
unset_password "$url"
says 'no user' '^collect: user: found nothing: expected --username'
unset_password "https://$account:secret@${url#https://}"
says 'a password in the address' '^collect: SOURCE: found a password in the address'
! grep -q secret said || complain 'a password in the address' 'the password is shown'
unset_password "http://${url#https://}"
says 'no TLS' '^collect: SOURCE: found "http:.*: expected https://HOST/sdk'

# the ecosystem's address may lack scheme and path, and may hold both
rm -rf out && mkdir out
host=${url#https://}
is=0
GOVC_URL="administrator%40vsphere.local:s%26cret%3C%22%C3%A9@${host%/sdk}" "$BIN/collect" --cacert cert.pem -o out/s \
    >heard 2>said </dev/null || is=$?
test "$is" = 0 || complain 'GOVC_URL' "exit code $is"
! grep -rqF 'cret' out heard said || complain 'GOVC_URL' 'the password is written'

# so may the address on the command line, but for the password; - is the environment's; what exists is a directory
for source in "$url" "$url/" "$host" "$host/" "${host%/sdk}" "$account@${host%/sdk}" \
    "https://${host%/sdk}/" "localhost:${host#*:}"; do
    case $source in localhost*) trust=-k ;; *) trust='--cacert cert.pem' ;; esac
    password='s&cret<"é' collects 0 "the address $source"
done
unset trust
password='s&cret<"é' source=- GOVC_URL=$url collects 0 'the address of the environment'
unset source
unset_password "$account:secret@${host%/sdk}"
says 'a password in the address without a scheme' '^collect: SOURCE: found a password in the address'
! grep -q secret said || complain 'a password in the address without a scheme' 'the password is shown'
unset_password nowhere.invalid
says 'a name that no file has' '^collect: https://nowhere[.]invalid/sdk'
rm -rf out && mkdir out
cp -r "$snapshot" here.example
is=0
"$BIN/collect" here.example -o out/x >heard 2>said || is=$?
test "$is" = 0 || complain 'a directory like a name' "exit code $is"

for address in "https://$account:se/cret@$host" "$account:se/cret@$host"; do
    is=0
    GOVC_URL=$address "$BIN/collect" -o out/s >heard 2>said </dev/null || is=$?
    test "$is" = 1 || complain 'an address that cannot be read' "exit code $is"
    says 'an address that cannot be read' '^collect: GOVC_URL: found .*: expected https://HOST/sdk'
    ! grep -q 'cret' said || complain 'an address that cannot be read' 'the password is shown'
done

# the prompt: on the terminal itself, which does not show what is typed
cat >prompt.py <<'EOF'
import os, pty, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"Password of" not in seen or not seen.endswith(b": "):
    seen += os.read(terminal, 1000)
while termios.tcgetattr(terminal)[3] & termios.ECHO:
    pass
os.write(terminal, 's&cret<"é\n'.encode())
while True:
    try:
        more = os.read(terminal, 1000)
    except OSError:
        break
    if not more:
        break
    seen += more
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOF
rm -rf out && mkdir out
is=0
python3 prompt.py "$BIN/collect" "$url" -u "$account" --cacert cert.pem -o out/s >heard 2>said || is=$?
test "$is" = 0 || complain 'a prompt' "exit code $is: $(cat heard)"
! grep -q 'cret' heard || complain 'a prompt' 'it echoes'
finish
