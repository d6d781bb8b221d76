# SPDX-License-Identifier: MIT
# Completion of vmanger's programs for bash. What there is to complete is read off their --help, so it is that of the
# programs that are installed.

_vmanger_options() {
    # NAME of an option, or NAME METAVAR of one with a value, one a line
    "$1" --help 2>/dev/null |
        sed -n 's/^  \{0,1\} *\(-[a-zA-Z], \)\{0,1\}\(--[a-z0-9-]*\)\(=\([^ ]*\)\)\{0,1\}\( .*\)\{0,1\}$/\2 \4/p'
}

_vmanger() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]} options metavar
    COMPREPLY=()
    options=$(_vmanger_options "$program")
    # bash hands --output=x over as three words
    if [[ $word == = ]]; then
        word=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    [[ $before == -o ]] && before=--output
    if [[ $before == -* ]]; then
        metavar=$(printf '%s\n' "$options" | sed -n "s/^$before //p")
    fi
    case $metavar in
    '') ;;
    KIND) mapfile -t COMPREPLY < <(compgen -W 'steps advice unsolved' -- "$word") && return ;;
    AFTER | ALLOWED_SIGNERS | DIR | FILE | FILES | FILE.prom | HISTORY | JOURNAL | KEY | NEW | PLAN | POLICY | SNAPSHOT | \
        SOCKET | 'CORESxMHZ,GIB|FILE' | 'first-fit|random:SEED|FILE')
        mapfile -t COMPREPLY < <(compgen -f -- "$word") && return
        ;;
    *)
        compopt +o default 2>/dev/null # a number, a name, a time: no file
        return
        ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(printf '%s\n' "$options" | cut -d ' ' -f 1)" -- "$word")
    fi
    # else the names of files: complete -o default
}

complete -o default -F _vmanger vmanger-collect vmanger-analyze vmanger-plan vmanger-apply
