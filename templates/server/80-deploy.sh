# --- The deploy ----------------------------------------------------------------------------------------------------
# It runs detached from the connection, holds the lock, and always ends with the new release healthy, the old one
# healthy, or nothing touched.

# end: writes the result once and ends the worker. The result file is what the connection, or a later one, reads.
end() {
  local outcome=$1 message=$2
  ENDED=yes
  {
    printf 'outcome=%s\ntenant=%s\nrequest=%s\n' "$outcome" "$TENANT" "$REQUEST"
    printf 'from_release=%s\nfrom_digest=%s\n' "$FROM_RELEASE" "$FROM_DIGEST"
    printf 'to_release=%s\nto_digest=%s\n' "$RELEASE" "$DIGEST"
    printf 'current_release=%s\nseconds=%s\n' "$(current_release)" "$SECONDS"
    printf 'message=%s\n' "${message//[[:cntrl:]]/ }"
  } | write_file "$STATE/results/$REQUEST" || say "the result cannot be written"
  journal "request $REQUEST release $RELEASE ended $outcome: $message"
  say "$outcome: $message"
  exit "$(outcome_code "$outcome")"
}

# end_if_problems: ends `refused` with the first problem as the message when there is one.
end_if_problems() {
  local more
  ((${#PROBLEMS[@]} > 0)) || return 0
  more=$((${#PROBLEMS[@]} - 1))
  ((more > 0)) || end refused "${PROBLEMS[0]}"
  end refused "${PROBLEMS[0]} (and $more more, see the log)"
}

# check_order: an older run must not undo a newer one; a person who names a digest may.
check_order() {
  local newest
  newest=$(newest_release)
  if [[ ${SETTING[person]} == yes ]]; then
    RELEASE=$((newest + 1))
    return 0
  fi
  if ((RELEASE < newest)); then
    # A green `superseded` would hide that the newer one was cut off or failed, and that perhaps nothing serves.
    if is_unfinished; then
      refuse "release $newest is newer than $RELEASE, and what it switched to was never seen healthy" \
        "run the workflow of release $newest again, or start it by hand with the digest that you want"
    fi
    end superseded "release $newest is newer than $RELEASE"
  fi
  if ((RELEASE == newest)) && [[ -d $DIR/releases/$RELEASE && $(release_value "$RELEASE" digest) != "$DIGEST" ]]; then
    end superseded "release $RELEASE is there with another digest"
  fi
}

# is_unfinished: whether the last switch was cut off, or had nothing to go back to: `current` was never seen healthy.
is_unfinished() {
  local current
  current=$(current_release)
  [[ -n $current && $current != 0 && ! -f $DIR/releases/$current/healthy ]]
}

# is_unchanged: digest, files and .env are those of the current release, it runs, and it answers. Compose is not asked.
is_unchanged() {
  local current
  current=$(current_release)
  [[ -n $current && -f $DIR/releases/$current/healthy ]] || return 1
  [[ $(<"$DIR/releases/$current/healthy") == "environment=$(environment_hash)" ]] || return 1
  same_configuration "$current" && runs_image "$(release_value "$current" image_id)" && probe
}

# make_directories: the app's data directories, for a first deploy. What lies in one of them belongs to the app's own user, who
# may have closed it to this account: there the app makes what it needs itself.
make_directories() {
  local directory parent all made=' '
  all=" ${DIRECTORIES[*]} "
  for directory in "${DIRECTORIES[@]}"; do
    parent=${directory%/*}
    [[ -d $directory ]] && continue
    [[ $all == *" $parent "* && $made != *" $parent "* && ! -w $parent ]] && continue
    mkdir -p -- "$directory" || return 1
    made+="$directory "
  done
}

# keep_room: a little room that a rollback gives free, so that it can write its few bytes on a full disk.
keep_room() {
  [[ -f $STATE/room ]] || head -c 1048576 /dev/zero >"$STATE/room" || warn "there is hardly any room in $STATE"
}

# activate: makes a release the current one and waits until it is healthy. A rollback goes through here too.
activate() {
  local number=$1 expected
  if [[ $number == 0 ]]; then restore_adopted_names || return 1; fi
  expected=$(release_value "$number" image_id)
  switch_current "$number" || return 1
  link_files || return 1
  # Before the start: what is changed in .env from now on is not what this release runs with.
  ENVIRONMENT=$(environment_hash) || return 1
  repair_half_recreated
  say "starting release $number (the old one has ${DRAIN_SECONDS}s to finish its work)"
  if ! compose $((DRAIN_SECONDS + UP_SECONDS)) up --detach --no-build --pull never --remove-orphans --timeout "$DRAIN_SECONDS" >&2; then
    say "docker compose up failed"
    return 1
  fi
  wait_healthy "$expected"
}

# roll_back: deploys the earlier release through the same code, and believes it only when it is healthy.
roll_back() {
  local target=$1 why=$2
  # Set before anything is done, and not to be interrupted: a worker that is ended in here must not start a second rollback.
  TOUCHED=rolling-back
  trap '' TERM INT
  rm -f -- "$STATE/room"
  keep_app_logs "$RELEASE"
  if [[ -z $target ]]; then
    say "there is no earlier release that was healthy; stopping what was started"
    compose $((DRAIN_SECONDS + 60)) stop --timeout "$DRAIN_SECONDS" >&2 || true
    end failed-first "$why; there is no earlier release to go back to, the containers are stopped"
  fi
  journal "rolling back from release $RELEASE to $target"
  say "rolling back to release $target"
  if activate "$target"; then
    mark_healthy "$target" || warn "release $target keeps its old mark"
    # Here too, or an app that is sick at every push fills the disk.
    prune || warn "old releases could not all be removed"
    end rolled-back "$why; release $target serves again"
  fi
  end rollback-failed "$why; release $target did not become healthy either"
}

# on_exit: the worker was ended or a line failed that should not have. Nothing is left in between.
on_exit() {
  local code=$?
  # From here on a line that fails must not keep the next from being tried.
  set +e
  trap '' TERM INT
  trap - EXIT
  if [[ $ENDED == no ]]; then
    # In a subshell, since each of them ends with its outcome.
    (finish_interrupted "$code")
    code=$?
  fi
  rm -rf -- "$BUNDLE"
  rm -f -- "$STATE/running"
  exit "$code"
}

finish_interrupted() {
  local code=$1
  case $TOUCHED in
    no) end refused "the deploy was interrupted before anything was touched (exit code $code)" ;;
    yes) roll_back "$ROLLBACK_TARGET" "the deploy was interrupted (exit code $code)" ;;
    healthy) end deployed "release $RELEASE is healthy; old releases were not removed" ;;
    *) end rollback-failed "the rollback was interrupted (exit code $code)" ;;
  esac
}

# note_running: what another connection needs to watch this worker.
note_running() {
  printf 'pid=%s\nrequest=%s\nrelease=%s\ndigest=%s\nbundle=%s\n' "$$" "$REQUEST" "$RELEASE" "$DIGEST" "$BUNDLE" |
    write_file "$STATE/running"
}

# note_current: which release is there before the switch.
note_current() {
  FROM_RELEASE=$(current_release)
  [[ -z $FROM_RELEASE ]] || FROM_DIGEST=$(release_value "$FROM_RELEASE" digest)
}

# accept: ends the worker when there is nothing to do or a reason not to.
accept() {
  check_order
  check_directory
  check_environment_file
  if ((${#PROBLEMS[@]} == 0)) && is_unchanged; then
    # Somebody may have removed a link; without it the commands that a person types there find no compose file.
    link_files || warn "the links in $DIR cannot be made"
    ((RELEASE <= $(newest_release))) || printf '%s\n' "$RELEASE" | write_file "$STATE/newest"
    end unchanged "release $FROM_RELEASE runs this digest and configuration and is healthy"
  fi
  preflight
  end_if_problems
}

# prepare: everything that can be done while the old release serves on.
prepare() {
  if pull_image; then
    check_image_architecture
  else
    problem "the image cannot be pulled: $IMAGE@$DIGEST" "read the line above; is the image registry there, and may this login read it?"
  fi
  end_if_problems
  make_directories || problem "a data directory cannot be made" "read the line above"
  end_if_problems
  adopt || problem "the installation by hand cannot be taken over" "read the line above"
  end_if_problems
  note_current
  record_release || problem "release $RELEASE cannot be recorded" "read the lines above"
  end_if_problems
  keep_room
  ROLLBACK_TARGET=$(rollback_target "$RELEASE")
  printf '%s\n' "$RELEASE" | write_file "$STATE/newest"
}

# work: the whole deploy of one request.
work() {
  trap on_exit EXIT
  trap 'exit 143' TERM INT
  trap '' HUP
  IN_WORKER=yes
  SECONDS=0
  note_running
  forget_environment
  note_current
  journal "request $REQUEST wants release $RELEASE digest $DIGEST person ${SETTING[person]}"
  accept
  prepare
  journal "switching from release ${FROM_RELEASE:-none} to $RELEASE, way back: ${ROLLBACK_TARGET:-none}"
  TOUCHED=yes
  if activate "$RELEASE"; then
    mark_healthy "$RELEASE" || warn "release $RELEASE could not be marked healthy: nothing will go back to it"
    TOUCHED=healthy
    prune || warn "old releases could not all be removed"
    end deployed "release $RELEASE is healthy"
  fi
  # Seen sick: from now on nothing goes back to it, whatever it was before.
  rm -f -- "$DIR/releases/$RELEASE/healthy"
  roll_back "$ROLLBACK_TARGET" "release $RELEASE did not become healthy"
}
