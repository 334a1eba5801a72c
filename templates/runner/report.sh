# report: one table for the run from the result files of its deploy jobs. A tenant without a result was not attempted.

# cell: text for a Markdown table.
cell() {
  local text=${1//[[:cntrl:]]/ }
  text=${text//\\/\\\\}
  text=${text//|/\\|}
  text=${text//</&lt;}
  printf '%s' "$text"
}

# short: the first twelve digits of a digest, as tools show it.
short() {
  case $1 in
    sha256:*) printf '%s' "<code>${1:7:12}</code>" ;;
    '') printf '–' ;;
    *) printf '%s' "$(cell "$1")" ;;
  esac
}

declare -A RESULT=()

read_result() {
  local line
  RESULT=()
  [[ -f $1 ]] || return 0
  while IFS= read -r line; do
    [[ $line =~ ^([a-z_]+)=(.*)$ ]] && RESULT[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
  done <"$1"
}

row() {
  local tenant=$1 outcome seconds mark=❌
  read_result "$RESULTS/$tenant.result"
  outcome=${RESULT[outcome]:-not-attempted}
  [[ -n ${OUTCOME_ACTIONS[$outcome]-} ]] || outcome=unknown
  seconds=${RESULT[seconds]-}
  [[ $GREEN != *" $outcome "* ]] || mark=✅
  COUNT[$outcome]=$((${COUNT[$outcome]:-0} + 1))
  printf '| %s | %s → %s | %s %s | %s | %s | %s |\n' "$(cell "$tenant")" "$(short "${RESULT[from]-}")" "$(short "${RESULT[to]-}")" \
    "$mark" "$outcome" "${seconds:-–}" "$(cell "${RESULT[message]:-the deploy job did not get this far}")" "$(cell "${OUTCOME_ACTIONS[$outcome]}")"
}

declare -A COUNT=()

main() {
  local tenant rows='' outcome line
  RESULTS=${RESULTS:?}
  rows=$(mktemp)
  for tenant in "$@"; do row "$tenant" >>"$rows"; done
  {
    printf '## Deploy of %s\n\n' "$FLEET"
    printf '| tenant | from → to | outcome | seconds | what happened | what to do |\n'
    printf '| --- | --- | --- | ---: | --- | --- |\n'
    cat -- "$rows"
  } >"$rows.table"
  cat -- "$rows.table"
  [[ -z ${GITHUB_STEP_SUMMARY-} ]] || cat -- "$rows.table" >>"$GITHUB_STEP_SUMMARY"
  line=
  for outcome in "${!COUNT[@]}"; do line+=" ${COUNT[$outcome]} $outcome,"; done
  printf '::notice title=Deploy of %s::%s\n' "$FLEET" "${line%,}"
  rm -f -- "$rows" "$rows.table"
}
