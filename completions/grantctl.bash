# bash completion of grantctl

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
