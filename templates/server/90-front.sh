# --- The connection ------------------------------------------------------------------------------------------------
# It takes the lock, starts the worker, shows its log and its result. It may be cut at any time; the worker goes on.

# prepare_state: the folders that the deploy keeps its notes in.
prepare_state() {
  if ! mkdir -p -- "$DIR" 2>/dev/null || [[ ! -w $DIR ]]; then
    refuse "$(id -un) cannot write to $DIR" "as root: install -d -o $(id -un) $DIR"
  fi
  mkdir -p -- "$STATE/results" "$STATE/logs" "$DIR/releases"
  chmod 0700 -- "$STATE"
}

# show_result: prints a request's result as one line for the runner, and gives its outcome's code.
show_result() {
  local line outcome=unknown text=
  while IFS= read -r line; do
    [[ $line != outcome=* ]] || outcome=${line#*=}
    text+=" $line"
  done <"$STATE/results/$1"
  printf 'tenantry-result%s\n' "$text"
  return "$(outcome_code "$outcome")"
}

# follow: shows the log of a worker until it ends. The follower must not hold the lock.
follow() {
  local pid=$1 request=$2
  tail -n +1 -f --pid="$pid" -- "$STATE/logs/$request.log" >&2 2>/dev/null 9>&- </dev/null || true
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

# attach: somebody deploys this very release already (a run that was cut and started again): watch it instead.
attach() {
  local pid request
  pid=$(running_value pid) request=$(running_value request)
  [[ $(running_value release) == "$RELEASE" && $(running_value digest) == "$DIGEST" && -n $request ]] || return 1
  [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null || return 1
  say "release $RELEASE is being deployed already; watching that"
  follow "$pid" "$request"
  flock -w 30 9 || return 1
  # A worker that died leaves no result: then this request deploys itself.
  [[ -f $STATE/results/$request ]] || return 0
  show_result "$request"
  exit
}

# take_lock: one deploy a tenant at a time. The lock is the kernel's and ends with its holders; the file is never removed.
take_lock() {
  local waited=0
  exec 9>>"$STATE/lock"
  until flock -n 9; do
    attach && return 0
    if ((waited >= LOCK_SECONDS)); then
      say "another deploy of $TENANT still runs after ${LOCK_SECONDS}s: request $(running_value request)"
      printf 'tenantry-result outcome=locked message=another deploy still runs after %ss\n' "$LOCK_SECONDS"
      exit "$(outcome_code locked)"
    fi
    ((waited % 30)) || say "waiting for another deploy of $TENANT to end (request $(running_value request))"
    sleep 1
    waited=$((waited + 1))
  done
}

# deploy: takes the bundle that the connection brought, and stays until the worker has ended.
deploy() {
  local pid
  BUNDLE=$1
  trap 'rm -rf -- "$BUNDLE"' EXIT
  load_settings "$BUNDLE"
  prepare_state
  take_lock
  if [[ -f $STATE/results/$REQUEST ]]; then
    say "this request has been carried out already"
    show_result "$REQUEST"
    exit
  fi
  : >"$STATE/logs/$REQUEST.log"
  setsid bash "$BUNDLE/server.sh" work "$BUNDLE" >>"$STATE/logs/$REQUEST.log" 2>&1 </dev/null &
  pid=$!
  printf 'pid=%s\nrequest=%s\nrelease=%s\ndigest=%s\n' "$pid" "$REQUEST" "$RELEASE" "$DIGEST" | write_file "$STATE/running"
  # From here on the worker owns the bundle and the lock.
  trap - EXIT
  exec 9>&-
  printf 'tenantry-accepted %s\n' "$REQUEST"
  follow "$pid" "$REQUEST"
  wait "$pid" || true
  if [[ ! -f $STATE/results/$REQUEST ]]; then
    say "the worker ended without a result"
    printf 'tenantry-result outcome=unknown message=the worker ended without a result\n'
    exit "$(outcome_code unknown)"
  fi
  show_result "$REQUEST"
}

main() {
  umask 077
  case ${1-} in
    deploy) deploy "$2" ;;
    work)
      BUNDLE=$2
      IN_WORKER=yes
      load_settings "$BUNDLE"
      work
      ;;
    *)
      printf 'usage: server.sh deploy <bundle folder>\n' >&2
      exit 64
      ;;
  esac
}
