/** The shells that have a script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * A script that asks `onejob __complete` for what may come next, so that the jobs of the project are known and nothing
 * has to be generated again when they change.
 */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}

const scripts: Readonly<Record<Shell, string>> = {
  bash: `# source <(onejob completion bash)
_onejob() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}") line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default 2>/dev/null
  return 0
}
complete -F _onejob onejob
`,
  zsh: `#compdef onejob
# onejob completion zsh > "\${fpath[1]}/_onejob"
_onejob() {
  local -a candidates
  local line
  while IFS= read -r line; do
    candidates+=("\${line%%$'\\t'*}:\${line#*$'\\t'}")
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then
    _describe 'onejob' candidates
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" = _onejob ]]; then
  _onejob "$@"
else
  compdef _onejob onejob
fi
`,
  fish: `# onejob completion fish > ~/.config/fish/completions/onejob.fish
function __onejob_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c onejob -a '(__onejob_complete)'
`,
};
