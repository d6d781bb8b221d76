# SPDX-License-Identifier: MIT
# The completions that make install puts in place offer, for each program, just the options that its --help has, and what
# goes behind them: files, fixed words, or nothing where it is a number or a name.
installed=$TMP/root/opt/vm
make -s -C "$TOP" -o all install BIN="$BIN" BUILD="$BUILD" DESTDIR="$TMP/root" PREFIX=/opt/vm >"$TMP/said" 2>&1 || {
    cat "$TMP/said"
    exit 1
}
. "$TOP/tests/pipeline/lib/refusal.sh"
export PATH="$installed/bin:$PATH"
: >said
mkdir directory
touch file.csv

cat >complete.bash <<'END'
# complete.bash PROGRAM WORD...: what bash would offer for the last word
. "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
compopt() { :; }
_vmanger
printf '%s\n' "${COMPREPLY[@]}"
END
# offers EXPECTED PROGRAM WORD...: EXPECTED is the words, separated by spaces
offers() {
    expected=$1
    shift
    found=$(bash complete.bash "$installed/share/bash-completion/completions/$1" "$@" | sort | tr '\n' ' ')
    test "$found" = "$expected " || complain "bash: $*" "offers $found"
}
for program in vmanger-collect vmanger-analyze vmanger-plan vmanger-apply; do
    options=$($program --help | sed -n '/^Options:/,$p' | grep -o '^ [^A-Z]*--[a-z-]*' | grep -o -- '--[a-z-]*' | sort | tr '\n' ' ')
    test "$(echo "$options" | wc -w)" -ge 8 || complain "$program" "--help has the options $options"
    offers "${options% }" $program --
    if command -v zsh >/dev/null; then
        zsh -f -c '_arguments() { print -rl -- "$@" }; words=("$1" ""); . "$2"' zsh $program "$installed/share/zsh/site-functions/_vmanger" >specs 2>said ||
            complain "zsh: $program" 'it fails'
        found=$(sed -n 's/^\*\(--[a-z-]*\).*/\1/p' specs | sort | tr '\n' ' ')
        test "$found" = "$options" || complain "zsh: $program" "offers $found"
        ! grep -vxE "\\*-.*|-s|:|\\*:file:_files" specs || complain "zsh: $program" 'another spec'
    fi
done
offers '--show' vmanger-plan --sh
offers 'advice steps unsolved' vmanger-plan --show file.csv --only ''
offers 'steps' vmanger-plan --only = st
offers 'directory' vmanger-plan -o dir
offers 'file.csv' vmanger-apply --verify-journal 'fi'
offers '' vmanger-apply --max-age ''
offers '' vmanger-plan --lose ''
offers '' vmanger-plan file
command -v zsh >/dev/null || echo 'zsh is not installed: its completion was not tried'
finish
