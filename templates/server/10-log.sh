# --- Saying what happens -------------------------------------------------------------------------------------------

# say: one line for the person who reads the log, with the time (UTC). Values are shown without control characters:
# what an image registry answers ends up on somebody's terminal.
say() { TZ=UTC0 printf '%(%H:%M:%S)T %s\n' -1 "${*//[[:cntrl:]]/ }" >&2; }
warn() { say "warning: $*"; }

# journal: one line for each intent and each outcome, kept for ever. It says what happened when nobody looked.
journal() { TZ=UTC0 printf '%(%Y-%m-%dT%H:%M:%SZ)T %s\n' -1 "${*//[[:cntrl:]]/ }" >>"$STATE/journal"; }

# problem: notes one reason to refuse, and what to do about it. All of them are shown together.
problem() {
  PROBLEMS+=("$1")
  say "problem: $1"
  say "  fix:   $2"
}

# outcome_code: the exit code of an outcome; callers tell outcomes apart by it.
outcome_code() { printf '%s' "${OUTCOME_CODES[$1]:-${OUTCOME_CODES[unknown]}}"; }

# refuse: ends before anything was touched.
refuse() {
  problem "$1" "$2"
  [[ $IN_WORKER == no ]] || end refused "$1"
  printf 'tenantry-result outcome=refused message=%s\n' "${1//[[:cntrl:]]/ }"
  exit "$(outcome_code refused)"
}

# write_file: puts standard input into a file by rename, so that a reader sees the old text or the new one.
write_file() {
  local path=$1
  cat >"$path.partial"
  mv -T -- "$path.partial" "$path"
}
