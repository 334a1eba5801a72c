# --- Saying what happens -------------------------------------------------------------------------------------------

# say: one line for the person who reads the log, with the time (UTC). Values are shown without control characters:
# what an image registry answers ends up on somebody's terminal.
# A log that cannot be written (a full disk) must not end a deploy half-way, and least of all a rollback.
say() { TZ=UTC0 printf '%(%H:%M:%S)T %s\n' -1 "${*//[[:cntrl:]]/ }" >&2 || true; }
warn() { say "warning: $*"; }

# journal: one line for each intent and each outcome, kept for ever. It says what happened when nobody looked.
journal() {
  TZ=UTC0 printf '%(%Y-%m-%dT%H:%M:%SZ)T %s\n' -1 "${*//[[:cntrl:]]/ }" >>"$STATE/journal" || say "the journal cannot be written"
}

# problem: notes one reason to refuse, and what to do about it. All of them are shown together.
problem() {
  PROBLEMS+=("$1")
  say "problem: $1"
  say "  fix:   $2"
}

# outcome_code: the exit code of an outcome; callers tell outcomes apart by it.
outcome_code() {
  local outcome=$1
  [[ $outcome =~ ^[a-z-]+$ ]] || outcome=unknown
  printf '%s' "${OUTCOME_CODES[$outcome]:-${OUTCOME_CODES[unknown]}}"
}

# outcome_of: the outcome that an exit code stands for.
outcome_of() {
  local outcome
  for outcome in "${!OUTCOME_CODES[@]}"; do
    if [[ ${OUTCOME_CODES[$outcome]} == "$1" ]]; then
      printf '%s' "$outcome"
      return 0
    fi
  done
  printf 'unknown'
}

# answer: the line that the runner looks for, on a line of its own whatever the account's shell has printed before it.
answer() { printf '\ntenantry-result %s\n' "${*//[[:cntrl:]]/ }"; }

# refuse: ends before anything was touched.
refuse() {
  problem "$1" "$2"
  [[ $IN_WORKER == no ]] || end refused "$1"
  answer "outcome=refused message=$1"
  exit "$(outcome_code refused)"
}

# write_file: puts standard input into a file by rename, so that a reader sees the old text or the new one.
write_file() {
  local path=$1
  if ! cat >"$path.partial"; then
    rm -f -- "$path.partial"
    return 1
  fi
  mv -T -- "$path.partial" "$path"
}
