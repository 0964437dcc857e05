"""What a shell sources so that its TAB key asks grantctl.

Owns the text of the scripts. They hand over the line up to the cursor, and read one completion from
each line of the answer; `completing` owns the other side.
"""

from __future__ import annotations

from grantctl.cli.shell_line import Shell

_BASH = r"""# bash completion of grantctl

_grantctl_completion() {
    local found line
    COMPREPLY=()
    found=$(_GRANTCTL_COMPLETE=bash _GRANTCTL_LINE="${COMP_LINE:0:COMP_POINT}" \
        _GRANTCTL_BREAKS="$COMP_WORDBREAKS" "$1" 2>/dev/null </dev/null)
    if (( $? == 10 )); then
        compopt -o default 2>/dev/null
        return 0
    fi
    while IFS= read -r line; do
        [[ -n $line ]] && COMPREPLY+=("$line")
    done <<<"$found"
    if [[ ${COMPREPLY[0]-} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}

complete -F _grantctl_completion grantctl
"""

_ZSH = r"""#compdef grantctl

_grantctl() {
    local answer
    local -a found
    answer=$(_GRANTCTL_COMPLETE=zsh \
        _GRANTCTL_LINE="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" \
        "${words[1]}" 2>/dev/null </dev/null)
    if (( $? == 10 )); then
        _files
        return
    fi
    [[ -n $answer ]] || return 1
    found=("${(@f)answer}")
    compadd -S '' -- ${(M)found:#*=}
    compadd -- ${found:#*=}
}

if [[ $funcstack[1] == _grantctl ]]; then
    _grantctl "$@"
else
    compdef _grantctl grantctl
fi
"""

_FISH = r"""# fish completion of grantctl

function __grantctl_complete
    set -l found (env _GRANTCTL_COMPLETE=fish _GRANTCTL_LINE=(commandline -cp | string collect) \
        grantctl 2>/dev/null </dev/null)
    if test $status -eq 10
        __fish_complete_path (commandline -ct)
    else if set -q found[1]
        printf '%s\n' $found
    end
end

complete --command grantctl --no-files --arguments '(__grantctl_complete)'
"""

SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}
