# fish completion of grantctl

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
