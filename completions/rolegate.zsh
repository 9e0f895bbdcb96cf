#compdef rolegate
# Completion of rolegate for zsh. In ~/.zshrc, after compinit: source <(rolegate completion zsh)
# Each candidate is a line of `rolegate __complete`: the word, a tab, what it means. Nobody but this machine is asked.
_rolegate() {
  local -a found
  local line
  local -i dashes=${words[(i)--]}

  # After -- stands another program's own line.
  if ((dashes < CURRENT)); then
    shift $dashes words
    ((CURRENT -= dashes))
    _normal
    return
  fi

  for line in "${(@f)$(rolegate __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  (($#found)) && _describe -t rolegate rolegate found
}

if [[ $funcstack[1] == _rolegate ]]; then
  _rolegate "$@"
else
  compdef _rolegate rolegate
fi
