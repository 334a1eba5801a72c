# --- Saying what happens -------------------------------------------------------------------------------------------

# say: a line of the log. Older workflow commands (`##[…]`) would act from within a line, and parts of it are the server's words.
say() {
  local text=${*//[[:cntrl:]]/ }
  printf '%s\n' "${text//'##['/'# ['}" >&2
}

# escape: text for a workflow command (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
escape() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '%s' "$text"
}

declare -A RESULT=()

# is_green: whether the job may be green: the tenant runs what it should, or may catch up once its server is back.
is_green() {
  [[ $GREEN == *" $1 "* || ( $1 == unreachable && ${TARGET[if_unreachable]-} == catch-up ) ]]
}

# tell: writes the result for the report and an annotation for what went wrong, and gives 0 for green, else the outcome's code.
tell() {
  local outcome=$1 message=${2//[[:cntrl:]]/ } kind=error green=no
  if is_green "$outcome"; then green=yes; fi
  {
    printf 'tenant=%s\noutcome=%s\ngreen=%s\nmessage=%s\n' "$TENANT" "$outcome" "$green" "$message"
    printf 'from=%s\nto=%s\nseconds=%s\n' "${RESULT[from_digest]-}" "${RESULT[to_digest]:-$DIGEST}" "${RESULT[seconds]:-$SECONDS}"
    printf 'from_release=%s\nto_release=%s\n' "${RESULT[from_release]-}" "${RESULT[to_release]-}"
  } >"$RESULT_FILE"
  say "$TENANT: $outcome: $message"
  [[ $GREEN != *" $outcome "* ]] || return 0
  [[ $green == no ]] || kind=warning
  printf '::%s title=%s%%3A %s::%s\n' "$kind" "$TENANT" "$outcome" "$(escape "$message. ${OUTCOME_ACTIONS[$outcome]}")"
  [[ $green == yes ]] || return "${OUTCOME_CODES[$outcome]}"
}

# finish: tells it and ends.
finish() {
  local code=0
  tell "$1" "$2" || code=$?
  exit "$code"
}

refuse() { finish refused "$1"; }
