# report: one table for the run from the result files of its deploy jobs. A tenant without a result was not attempted.

# cell: text for a Markdown table, with nothing in it that Markdown or HTML would act on.
cell() {
  local text=${1//[[:cntrl:]]/ } character
  text=${text//'&'/'&amp;'}
  text=${text//'<'/'&lt;'}
  text=${text//'>'/'&gt;'}
  for character in \\ '|' '`' '*' '_' '[' ']' '~' '$'; do
    text=${text//"$character"/"\\$character"}
  done
  printf '%s' "$text"
}

# short: the first twelve digits of a digest, as tools show it.
short() {
  if [[ $1 =~ ^sha256:[0-9a-f]{64}$ ]]; then
    printf '<code>%s</code>' "${1:7:12}"
  else
    cell "${1:-–}"
  fi
}

declare -A RESULT=() COUNT=()

# read_result: a job's result file. Lines that do not fit are passed over: a table with a gap is better than none.
read_result() {
  local line
  RESULT=()
  [[ -f $1 ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    [[ ! $line =~ ^([a-z_]+)=(.*)$ ]] || RESULT[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
  done < <(tr -d '\0' <"$1")
}

# outcome_of: what the file says, `unknown` when it says nothing that is known, `not-attempted` when there is none.
outcome_of() {
  local outcome=${RESULT[outcome]-}
  [[ -f $1 ]] || outcome=not-attempted
  [[ $outcome =~ ^[a-z-]+$ && -n ${OUTCOME_ACTIONS[$outcome]-} ]] || outcome=unknown
  printf '%s' "$outcome"
}

row() {
  local tenant=$1 outcome mark=❌ seconds
  read_result "$RESULTS/$tenant.result"
  outcome=$(outcome_of "$RESULTS/$tenant.result")
  seconds=${RESULT[seconds]-}
  [[ $seconds =~ ^[0-9]+$ ]] || seconds=–
  [[ $GREEN != *" $outcome "* && ${RESULT[green]-} != yes ]] || mark=✅
  COUNT[$outcome]=$((${COUNT[$outcome]:-0} + 1))
  printf '| %s | %s → %s | %s %s | %s | %s | %s |\n' "$(cell "$tenant")" "$(short "${RESULT[from]-}")" "$(short "${RESULT[to]-}")" \
    "$mark" "$outcome" "$seconds" "$(cell "${RESULT[message]:-the deploy job did not get this far}")" "$(cell "${OUTCOME_ACTIONS[$outcome]}")"
}

main() {
  local tenant table outcome line=
  export LC_ALL=C
  RESULTS=${RESULTS:?names the folder of the result files}
  table=$(mktemp)
  {
    printf '## Deploy of %s\n\n' "$FLEET"
    printf '| tenant | from → to | outcome | seconds | what happened | what to do |\n'
    printf '| --- | --- | --- | ---: | --- | --- |\n'
    for tenant in "$@"; do row "$tenant"; done
  } >"$table"
  cat -- "$table"
  [[ -z ${GITHUB_STEP_SUMMARY-} ]] || cat -- "$table" >>"$GITHUB_STEP_SUMMARY"
  rm -f -- "$table"
  for outcome in "${!OUTCOME_ACTIONS[@]}"; do
    [[ -z ${COUNT[$outcome]-} ]] || line+=" ${COUNT[$outcome]} $outcome,"
  done
  line=${line%,}
  printf '::notice title=Deploy of %s::%s\n' "$FLEET" "${line# }"
}
