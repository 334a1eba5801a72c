# --- Releases ------------------------------------------------------------------------------------------------------
# releases/<number>/ is written once and then only read; `current` names the one that counts and changes by rename.

readonly NUMBER_FORM='0|[1-9][0-9]{0,18}'

# current_release: its number, empty when there is none yet.
current_release() {
  local target
  target=$(readlink -- "$DIR/current") || return 0
  [[ $target =~ ^releases/($NUMBER_FORM)$ ]] && printf '%s' "${BASH_REMATCH[1]}"
  return 0
}

# release_numbers: the number of every release. Other folders in there are not ours.
release_numbers() {
  local folder
  for folder in "$DIR"/releases/*; do
    folder=${folder##*/}
    [[ -d $DIR/releases/$folder && $folder =~ ^($NUMBER_FORM)$ ]] && printf '%s\n' "$folder"
  done
  return 0
}

# release_value: a value of a release's own note, written by record_release or adopt; empty when it is not there.
release_value() {
  local file=$DIR/releases/$1/release key=$2 line
  [[ -f $file ]] || return 0
  while IFS= read -r line; do
    if [[ $line == "$key="* ]]; then
      printf '%s' "${line#*=}"
      return 0
    fi
  done <"$file"
}

# newest_release: the highest number that was ever switched to, also when the release is gone since.
newest_release() {
  local number='' other
  [[ ! -f $STATE/newest ]] || read -r number <"$STATE/newest" || true
  [[ $number =~ ^($NUMBER_FORM)$ ]] || number=0
  # A note that was lost must not let an old run in.
  for other in $(release_numbers); do
    ((other <= number)) || number=$other
  done
  printf '%s' "$number"
}

# same_text: whether two files hold the same.
same_text() { [[ -f $1 && -f $2 && $(<"$1") == "$(<"$2")" ]]; }

# rename_link: makes `name` in the deployment directory a link to `target`, in one rename.
rename_link() {
  ln -sfnT -- "$2" "$DIR/$1.partial" && mv -T -- "$DIR/$1.partial" "$DIR/$1"
}

# switch_current: points `current` at a release.
switch_current() { rename_link current "releases/$1"; }

# link_files: the two names that Compose looks for become links through `current`; replaced by rename, never removed first.
link_files() {
  local file
  for file in docker-compose.yml docker-compose.override.yml; do
    [[ $(readlink -- "$DIR/$file") == "current/$file" ]] || rename_link "$file" "current/$file" || return 1
  done
}

# render_release: the release's files in a folder of its own, the overlay's placeholder digest replaced by the real one.
render_release() {
  local folder=$1 overlay zeros
  printf -v zeros 'sha256:%064d' 0
  cp -- "$BUNDLE/docker-compose.yml" "$folder/docker-compose.yml" || return 1
  overlay=$(<"$BUNDLE/docker-compose.override.yml") || return 1
  if [[ $overlay != *"$zeros"* ]]; then
    say "the overlay has no place for the digest"
    return 1
  fi
  printf '%s\n' "${overlay//"$zeros"/$DIGEST}" >"$folder/docker-compose.override.yml"
}

# same_configuration: whether a release's files and digest are those of this request.
same_configuration() {
  local number=$1 folder=$BUNDLE/rendered
  [[ $(release_value "$number" digest) == "$DIGEST" ]] || return 1
  mkdir -p -- "$folder" && render_release "$folder" || return 1
  same_text "$folder/docker-compose.yml" "$DIR/releases/$number/docker-compose.yml" &&
    same_text "$folder/docker-compose.override.yml" "$DIR/releases/$number/docker-compose.override.yml"
}

# record_release: makes releases/<RELEASE>/ whole or not at all, and tags its image so that nobody's clean-up takes it.
record_release() {
  local folder=$DIR/releases/$RELEASE
  if [[ -d $folder ]]; then
    if ! same_configuration "$RELEASE"; then
      problem "release $RELEASE is there already, with other content" "start a new run of the workflow"
      return 1
    fi
    engine tag "$IMAGE@$DIGEST" "$(own_tag "$RELEASE")"
    return
  fi
  engine tag "$IMAGE@$DIGEST" "$(own_tag "$RELEASE")" || return 1
  rm -rf -- "$folder.partial"
  if write_release "$folder.partial" && mv -T -- "$folder.partial" "$folder"; then return 0; fi
  # The tag of a release that is not there would hold its image for ever.
  engine image rm "$(own_tag "$RELEASE")" >/dev/null 2>&1 || true
  rm -rf -- "$folder.partial"
  return 1
}

write_release() {
  local folder=$1 id
  id=$(image_id "$IMAGE@$DIGEST") || return 1
  mkdir -p -- "$folder" || return 1
  render_release "$folder" || return 1
  {
    printf 'number=%s\ndigest=%s\nimage=%s\nimage_id=%s\n' "$RELEASE" "$DIGEST" "$IMAGE" "$id"
    printf 'tag=%s\nrevision=%s\nrequest=%s\n' "$(own_tag "$RELEASE")" "${SETTING[revision]}" "$REQUEST"
  } >"$folder/release" || return 1
  chmod 0444 -- "$folder"/* || return 1
  if ! release_compose "$folder" 60 config --quiet; then
    problem "Compose does not accept the release's files" "read the line above; docker compose config says more"
    return 1
  fi
  if ! pull_other_images "$folder"; then
    problem "an image of the compose file cannot be pulled" "read the line above"
    return 1
  fi
}

# mark_healthy: only a release with this mark is ever gone back to. The mark holds the .env that it was healthy with.
# On a disk that has filled up meanwhile it takes the room that is kept: without the mark, what serves is no way back.
mark_healthy() {
  local file=$DIR/releases/$1/healthy
  printf 'environment=%s\n' "$ENVIRONMENT" | write_file "$file" && return 0
  rm -f -- "$STATE/room"
  printf 'environment=%s\n' "$ENVIRONMENT" | write_file "$file"
}

# may_return_to: whether a release was healthy and its image is still here. A person's `docker image prune -a` takes also
# the images that we hold, once their containers are gone.
may_return_to() {
  [[ -f $DIR/releases/$1/healthy ]] || return 1
  image_id "$(release_value "$1" image_id)" >/dev/null && return 0
  warn "release $1 was healthy, but its image is not here any more: it is no way back"
  return 1
}

# rollback_target: the release to go back to from $1: the current one if it was healthy, else the one that was healthy last.
rollback_target() {
  local from=$1 number current
  current=$(current_release)
  if [[ -n $current && $current != "$from" ]] && may_return_to "$current"; then
    printf '%s' "$current"
    return 0
  fi
  for number in $(releases_by_health); do
    if [[ $number != "$from" && $number != "$current" ]] && may_return_to "$number"; then
      printf '%s' "$number"
      return 0
    fi
  done
}

# releases_by_health: every release's number, those that were healthy last first.
releases_by_health() {
  local number time
  for number in $(release_numbers); do
    time=0
    [[ ! -f $DIR/releases/$number/healthy ]] || time=$(stat -c %Y -- "$DIR/releases/$number/healthy")
    printf '%s %s\n' "$time" "$number"
  done | sort -k1,1nr -k2,2nr | cut -d ' ' -f 2
}
