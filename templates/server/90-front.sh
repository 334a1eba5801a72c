# --- The connection ------------------------------------------------------------------------------------------------
# It takes the lock, starts the worker, shows its log and its result. It may be cut at any time; the worker goes on.

# prepare_state: the folders that the deploy keeps its notes in.
prepare_state() {
  if ! mkdir -p -- "$DIR" 2>/dev/null || [[ ! -w $DIR ]]; then
    refuse "$(id -un) cannot write to $DIR" "as root: install -d -o $(id -un) $DIR"
  fi
  if ! mkdir -p -- "$STATE/results" "$STATE/logs" "$DIR/releases" 2>/dev/null || ! chmod 0700 -- "$STATE" 2>/dev/null ||
    [[ ! -w $STATE/results || ! -w $STATE/logs || ! -w $DIR/releases ]]; then
    refuse "$(id -un) cannot write to $STATE and $DIR/releases" "as root: chown -R $(id -un) $STATE $DIR/releases"
  fi
}

# check_writing: whether the disk takes the few notes of a deploy. A worker on a full one could not even say why it ended.
check_writing() {
  local file=$STATE/writing.$$ zeros written=yes
  printf -v zeros '%016384d' 0
  # In a subshell, since the shell itself would end where a redirection fails.
  (printf '%s' "$zeros" >"$file") 2>/dev/null || written=no
  rm -f -- "$file"
  [[ $written == yes ]] || refuse "nothing can be written to $STATE: the disk is full, or has no inodes left" "df -h $DIR; df -i $DIR; docker system df"
}

# show_result: prints a request's result as one line for the runner, and ends with its outcome's code.
show_result() {
  local line outcome=unknown text=
  while IFS= read -r line; do
    [[ $line != outcome=* ]] || outcome=${line#*=}
    text+=" $line"
  done <"$STATE/results/$1"
  answer "${text# }"
  exit "$(outcome_code "$outcome")"
}

# follow: shows the log of a worker until it ends. The follower must not hold the lock.
follow() {
  local pid=$1 request=$2
  tail -n +1 -s 0.2 -f --pid="$pid" -- "$STATE/logs/$request.log" >&2 2>/dev/null 9>&- </dev/null || true
}

# running_value: a value of the note that a worker leaves while it works.
running_value() {
  local key=$1 line
  [[ -f $STATE/running ]] || return 0
  while IFS= read -r line; do
    [[ $line == "$key="* ]] && printf '%s' "${line#*=}"
  done <"$STATE/running"
  return 0
}

# worker_lives: whether the worker of the note is still there. A number alone may belong to another program by now.
worker_lives() {
  local pid=$1 bundle=$2 words=()
  [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || return 1
  mapfile -d '' -t words 2>/dev/null </proc/"$pid"/cmdline || return 1
  [[ ${words[*]} == *" $bundle/server.sh work $bundle" ]]
}

# attach: somebody deploys this very release already (a run that was cut and started again): watch it instead.
attach() {
  local pid request
  pid=$(running_value pid) request=$(running_value request)
  [[ $(running_value release) == "$RELEASE" && $(running_value digest) == "$DIGEST" && $request =~ ^[0-9-]+$ ]] || return 1
  worker_lives "$pid" "$(running_value bundle)" || return 1
  say "release $RELEASE is being deployed already; watching that"
  follow "$pid" "$request"
  flock -w 30 9 || return 1
  # A worker that died leaves no result: then this request deploys itself.
  [[ -f $STATE/results/$request ]] || return 0
  show_result "$request"
}

# take_lock: one deploy a tenant at a time. The lock is the kernel's and ends with its holders; the file is never removed.
take_lock() {
  local deadline=$((SECONDS + LOCK_SECONDS)) said=-30
  exec 9>>"$STATE/lock"
  until flock -n 9; do
    attach && return 0
    if ((SECONDS >= deadline)); then
      say "another deploy of $TENANT still runs after ${LOCK_SECONDS}s: request $(running_value request)"
      answer "outcome=locked message=another deploy still runs after ${LOCK_SECONDS}s"
      exit "$(outcome_code locked)"
    fi
    if ((SECONDS >= said + 30)); then
      said=$SECONDS
      say "waiting for another deploy of $TENANT to end (request $(running_value request))"
    fi
    sleep 1
  done
}

# clean_up_after_dead: with the lock in hand, a note of a worker means that it was killed. Its bundle may hold a login.
clean_up_after_dead() {
  local bundle
  bundle=$(running_value bundle)
  if [[ $bundle =~ ^/[^[:space:]]*/tenantry\.[A-Za-z0-9]{10}$ && -d $bundle && ! -L $bundle && -O $bundle && $bundle != "$BUNDLE" ]]; then
    say "removing what a deploy left behind that was killed"
    rm -rf -- "$bundle"
  fi
  rm -f -- "$STATE/running"
}

# deploy: takes the bundle that the connection brought, and stays until the worker has ended.
deploy() {
  local pid code=0
  trap 'rm -rf -- "$BUNDLE"' EXIT
  load_settings "$BUNDLE"
  check_tools
  if ((${#PROBLEMS[@]} > 0)); then
    answer "outcome=refused message=${PROBLEMS[0]}"
    exit "$(outcome_code refused)"
  fi
  prepare_state
  check_writing
  take_lock
  if [[ -f $STATE/results/$REQUEST ]]; then
    say "this request has been carried out already"
    show_result "$REQUEST"
  fi
  clean_up_after_dead
  : >"$STATE/logs/$REQUEST.log"
  # From here on the worker owns the bundle and the lock.
  trap - EXIT
  setsid bash "$BUNDLE/server.sh" work "$BUNDLE" >>"$STATE/logs/$REQUEST.log" 2>&1 </dev/null &
  pid=$!
  exec 9>&-
  printf '\ntenantry-accepted %s\n' "$REQUEST"
  follow "$pid" "$REQUEST"
  wait "$pid" || code=$?
  [[ ! -f $STATE/results/$REQUEST ]] || show_result "$REQUEST"
  # A full disk may have kept it from writing one; its exit code says the same.
  say "the worker ended without a result (code $code)"
  answer "outcome=$(outcome_of "$code") message=the worker ended without a result (code $code); is the disk full?"
  return "$code"
}

main() {
  umask 077
  # Ranges such as [a-z] mean something else in other locales.
  export LC_ALL=C
  BUNDLE=${2-}
  if [[ ! $BUNDLE =~ ^/[^[:space:]]+$ || ! -d $BUNDLE ]]; then
    printf 'usage: server.sh deploy <bundle folder>\n' >&2
    exit 64
  fi
  case $1 in
    deploy) deploy ;;
    work)
      load_settings "$BUNDLE"
      work
      ;;
    *)
      printf 'usage: server.sh deploy <bundle folder>\n' >&2
      exit 64
      ;;
  esac
}
