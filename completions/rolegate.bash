# Completion of rolegate for bash. In ~/.bashrc: eval "$(rolegate completion bash)"
# Each candidate is a line of `rolegate __complete`: the word, a tab, what it means. Nobody but this machine is asked.
_rolegate() {
  local line="${COMP_LINE:0:COMP_POINT}" candidate i
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  COMPREPLY=()

  # After -- stands another program's own line.
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -- ]] || continue
    if declare -F _command_offset >/dev/null; then
      _command_offset $((i + 1))
    elif ((COMP_CWORD == i + 1)); then
      while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
      compopt -o default 2>/dev/null
    fi
    return
  done

  # Bash parts words at colons too, and wants back what follows the last of them.
  local current="${words[${#words[@]} - 1]}"
  local head="${current%"${COMP_WORDS[COMP_CWORD]}"}"
  while IFS= read -r candidate; do
    candidate="${candidate%%$'\t'*}"
    COMPREPLY+=("${candidate#"$head"}")
  done < <(rolegate __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _rolegate rolegate
