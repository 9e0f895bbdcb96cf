# Completion of rolegate for fish: rolegate completion fish >~/.config/fish/completions/rolegate.fish
# Each candidate is a line of `rolegate __complete`: the word, a tab, what it means. Nobody but this machine is asked.
function __rolegate_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    rolegate __complete $before[2..-1] "$current" 2>/dev/null
end

# After -- stands another program's own line.
function __rolegate_past_dashes
    contains -- -- (commandline -opc)
end

function __rolegate_complete_rest
    set -l before (commandline -opc)
    set -l dashes (contains -i -- -- $before)
    set -l rest $before[(math $dashes + 1)..-1]
    complete -C (string join ' ' -- (string escape -- $rest) (commandline -ct))
end

complete -c rolegate -f -n 'not __rolegate_past_dashes' -a '(__rolegate_complete)'
complete -c rolegate -f -n __rolegate_past_dashes -a '(__rolegate_complete_rest)'
