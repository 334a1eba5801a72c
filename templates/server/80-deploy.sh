# --- The deploy ----------------------------------------------------------------------------------------------------
# It runs detached from the connection, holds the lock, and always ends with the new release healthy, the old one
# healthy, or nothing touched.

# end: writes the result once and ends the worker. The result file is what the connection, or a later one, reads.
end() {
  local outcome=$1 message=$2 current
  ENDED=yes
  current=$(current_release)
  {
    printf 'outcome=%s\ntenant=%s\nrequest=%s\n' "$outcome" "$TENANT" "$REQUEST"
    printf 'from_release=%s\nfrom_digest=%s\n' "$FROM_RELEASE" "$FROM_DIGEST"
    printf 'to_release=%s\nto_digest=%s\n' "$RELEASE" "$DIGEST"
    printf 'current_release=%s\nseconds=%s\n' "$current" "$SECONDS"
    printf 'message=%s\n' "${message//[[:cntrl:]]/ }"
  } | write_file "$STATE/results/$REQUEST"
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
  ((RELEASE >= newest)) || end superseded "release $newest is newer than $RELEASE"
  if ((RELEASE == newest)) && [[ -d $DIR/releases/$RELEASE && $(release_value "$RELEASE" digest) != "$DIGEST" ]]; then
    end superseded "a person deployed another digest as release $RELEASE"
  fi
}

# is_unchanged: digest, files and .env are those of the current release, it runs, and it answers.
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
  local directory parent made=$'\n'
  while IFS= read -r directory; do
    parent=${directory%/*}
    [[ -z $directory || -d $directory ]] && continue
    [[ $'\n'${SETTING_LIST[directory]} == *$'\n'"$parent"$'\n'* && $made != *$'\n'"$parent"$'\n'* && ! -w $parent ]] && continue
    mkdir -p -- "$directory" || return 1
    made+=$directory$'\n'
  done <<<"${SETTING_LIST[directory]-}"
}

# activate: makes a release the current one and waits until it is healthy. A rollback goes through here too.
activate() {
  local number=$1 expected
  if [[ $number == 0 ]]; then restore_adopted_names 0 || return 1; fi
  expected=$(release_value "$number" image_id)
  switch_current "$number" || return 1
  link_files || return 1
  say "starting release $number (the old one has ${DRAIN_SECONDS}s to finish its work)"
  if ! compose $((DRAIN_SECONDS + UP_SECONDS)) up --detach --no-build --pull never --remove-orphans --timeout "$DRAIN_SECONDS" >&2; then
    say "docker compose up failed"
    return 1
  fi
  wait_healthy "$expected"
}

mark_healthy() {
  printf 'environment=%s\n' "$(environment_hash)" | write_file "$DIR/releases/$1/healthy"
}

# roll_back: deploys the earlier release through the same code, and believes it only when it is healthy.
roll_back() {
  local target=$1 why=$2
  # Set before anything is done: a worker that is ended in here must not start a second rollback.
  TOUCHED=rolling-back
  keep_app_logs "$RELEASE"
  if [[ -z $target ]]; then
    say "there is no earlier release that was healthy; stopping what was started"
    compose $((DRAIN_SECONDS + 60)) stop --timeout "$DRAIN_SECONDS" >&2 || true
    end failed-first "$why; there is no earlier release to go back to, the containers are stopped"
  fi
  journal "rolling back from release $RELEASE to $target"
  say "rolling back to release $target"
  if activate "$target"; then
    mark_healthy "$target"
    end rolled-back "$why; release $target serves again"
  fi
  end rollback-failed "$why; release $target did not become healthy either"
}

# on_exit: the worker was ended or a line failed that should not have. Nothing is left in between.
on_exit() {
  local code=$?
  trap '' TERM INT HUP
  rm -rf -- "$BUNDLE"
  if [[ $ENDED == no ]]; then
    case $TOUCHED in
      no) end refused "the deploy was interrupted before anything was touched (exit code $code)" ;;
      yes) roll_back "$ROLLBACK_TARGET" "the deploy was interrupted (exit code $code)" ;;
      healthy) end deployed "release $RELEASE is healthy; old releases were not removed" ;;
      *) end rollback-failed "the rollback was interrupted (exit code $code)" ;;
    esac
  fi
  exit "$code"
}

# work: the whole deploy of one request.
work() {
  IN_WORKER=yes
  trap on_exit EXIT
  trap 'exit 143' TERM INT
  trap '' HUP
  SECONDS=0
  forget_environment
  FROM_RELEASE=$(current_release)
  [[ -z $FROM_RELEASE ]] || FROM_DIGEST=$(release_value "$FROM_RELEASE" digest)
  journal "request $REQUEST wants release $RELEASE digest $DIGEST person ${SETTING[person]}"
  check_order
  preflight
  end_if_problems
  if is_unchanged; then
    ((RELEASE <= $(newest_release))) || printf '%s\n' "$RELEASE" | write_file "$STATE/newest"
    end unchanged "release $FROM_RELEASE runs this digest and configuration and is healthy"
  fi
  if ! pull_image; then
    problem "the image cannot be pulled: $IMAGE@$DIGEST" "read the line above; is the image registry there, and may this login read it?"
  else
    check_image_architecture || true
  fi
  end_if_problems
  make_directories || problem "a data directory cannot be made" "read the line above"
  end_if_problems
  adopt || problem "the installation by hand cannot be taken over" "read the line above"
  end_if_problems
  FROM_RELEASE=$(current_release)
  [[ -z $FROM_RELEASE ]] || FROM_DIGEST=$(release_value "$FROM_RELEASE" digest)
  record_release || problem "release $RELEASE cannot be recorded" "read the lines above"
  end_if_problems
  ROLLBACK_TARGET=$(rollback_target "$RELEASE")
  printf '%s\n' "$RELEASE" | write_file "$STATE/newest"
  journal "switching from release ${FROM_RELEASE:-none} to $RELEASE, way back: ${ROLLBACK_TARGET:-none}"
  TOUCHED=yes
  if activate "$RELEASE"; then
    mark_healthy "$RELEASE"
    TOUCHED=healthy
    prune || warn "old releases could not all be removed"
    end deployed "release $RELEASE is healthy"
  fi
  roll_back "$ROLLBACK_TARGET" "release $RELEASE did not become healthy"
}
