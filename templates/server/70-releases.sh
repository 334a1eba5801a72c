# --- Releases ------------------------------------------------------------------------------------------------------
# releases/<number>/ is written once and then only read; `current` names the one that counts and changes by rename.

# current_release: its number, empty when there is none yet.
current_release() {
  local target
  target=$(readlink -- "$DIR/current") || return 0
  [[ $target =~ ^releases/([0-9]+)$ ]] && printf '%s' "${BASH_REMATCH[1]}"
  return 0
}

newest_release() {
  local number=0
  [[ ! -f $STATE/newest ]] || read -r number <"$STATE/newest"
  printf '%s' "$number"
}

# switch_current: points `current` at a release, in one rename.
switch_current() {
  ln -sfn -- "releases/$1" "$DIR/current.partial"
  mv -T -- "$DIR/current.partial" "$DIR/current"
}

# link_files: the two names that Compose looks for become links through `current`; replaced by rename, never removed first.
link_files() {
  local file
  for file in docker-compose.yml docker-compose.override.yml; do
    [[ $(readlink -- "$DIR/$file") == "current/$file" ]] && continue
    ln -sfn -- "current/$file" "$DIR/$file.partial"
    mv -T -- "$DIR/$file.partial" "$DIR/$file"
  done
}

# render_release: the release's files in a folder of its own, the overlay's placeholder digest replaced by the real one.
render_release() {
  local folder=$1 overlay zeros
  printf -v zeros '%064d' 0
  cp -- "$BUNDLE/docker-compose.yml" "$folder/docker-compose.yml" || return 1
  overlay=$(<"$BUNDLE/docker-compose.override.yml")
  printf '%s\n' "${overlay//sha256:$zeros/$DIGEST}" >"$folder/docker-compose.override.yml"
}

# same_configuration: whether a release's files and digest are those of this request.
same_configuration() {
  local number=$1 folder=$BUNDLE/rendered
  mkdir -p -- "$folder"
  render_release "$folder"
  [[ $(release_value "$number" digest) == "$DIGEST" ]] &&
    cmp --silent -- "$folder/docker-compose.yml" "$DIR/releases/$number/docker-compose.yml" &&
    cmp --silent -- "$folder/docker-compose.override.yml" "$DIR/releases/$number/docker-compose.override.yml"
}

# record_release: makes releases/<RELEASE>/ whole or not at all, and tags its image so that nobody's clean-up takes it.
record_release() {
  local folder=$DIR/releases/$RELEASE id
  id=$(image_id "$IMAGE@$DIGEST") || return 1
  docker tag "$IMAGE@$DIGEST" "$(own_tag "$RELEASE")" </dev/null || return 1
  if [[ -d $folder ]]; then
    same_configuration "$RELEASE" && return 0
    problem "release $RELEASE is there already, with other content" "start a new run of the workflow"
    return 1
  fi
  rm -rf -- "$folder.partial"
  mkdir -p -- "$folder.partial" || return 1
  render_release "$folder.partial" || return 1
  {
    printf 'number=%s\ndigest=%s\nimage=%s\nimage_id=%s\n' "$RELEASE" "$DIGEST" "$IMAGE" "$id"
    printf 'tag=%s\nrevision=%s\nrequest=%s\n' "$(own_tag "$RELEASE")" "${SETTING[revision]}" "$REQUEST"
  } >"$folder.partial/release" || return 1
  chmod 0444 -- "$folder.partial"/*
  if ! release_compose "$folder.partial" 60 config --quiet; then
    rm -rf -- "$folder.partial"
    problem "Compose does not accept the release's files" "read the line above; docker compose config says more"
    return 1
  fi
  if ! pull_other_images "$folder.partial"; then
    rm -rf -- "$folder.partial"
    problem "an image of the compose file cannot be pulled" "read the line above"
    return 1
  fi
  mv -T -- "$folder.partial" "$folder"
}

# adopt: takes over an installation that was made by hand, as release 0. Its files stay as they are; the image that
# each container runs is held by a tag of ours, and going back to release 0 gives the image its old name again.
adopt() {
  local folder=$DIR/releases/0 reference id tag
  [[ ! -L $DIR/current && -f $DIR/docker-compose.yml && ! -L $DIR/docker-compose.yml ]] || return 0
  say "taking over the installation in $DIR as release 0"
  rm -rf -- "$folder.partial"
  mkdir -p -- "$folder.partial" || return 1
  cp -- "$DIR/docker-compose.yml" "$folder.partial/docker-compose.yml" || return 1
  if [[ -f $DIR/docker-compose.override.yml ]]; then
    cp -- "$DIR/docker-compose.override.yml" "$folder.partial/docker-compose.override.yml" || return 1
  else
    printf '# This installation had no override file.\nservices: {}\n' >"$folder.partial/docker-compose.override.yml"
  fi
  printf 'number=0\ndigest=adopted\nrevision=adopted\nrequest=%s\n' "$REQUEST" >"$folder.partial/release"
  while IFS= read -r reference; do
    [[ -n $reference ]] || continue
    id=${reference#* } reference=${reference%% *}
    [[ $reference != *@sha256:* && $reference != sha256:* ]] || continue
    tag=${reference%:*}
    [[ ${reference##*/} == *:* ]] || tag=$reference
    tag=$tag:tenantry-$PROJECT-0
    docker tag "$id" "$tag" </dev/null || return 1
    printf 'adopted=%s %s\n' "$reference" "$tag" >>"$folder.partial/release"
    if [[ ${reference%:*} == "$IMAGE" || $reference == "$IMAGE" ]]; then
      printf 'image_id=%s\ntag=%s\n' "$id" "$tag" >>"$folder.partial/release"
    fi
  done < <(project_images)
  # Only what was seen healthy may be gone back to.
  if probe && [[ -n $(release_image_of "$folder.partial") ]]; then
    printf 'environment=%s\n' "$(environment_hash)" >"$folder.partial/healthy"
  else
    warn "what runs here does not answer healthily (status $LAST_STATUS), so there is nothing to go back to"
  fi
  chmod 0444 -- "$folder.partial"/*
  rm -rf -- "$folder"
  mv -T -- "$folder.partial" "$folder"
  switch_current 0
  link_files
  journal "adopted as release 0"
}

# project_images: `<reference> <image id>` of every service's container of this project, each once.
project_images() {
  local container
  while IFS= read -r container; do
    docker container inspect --format '{{.Config.Image}} {{.Image}}' "$container" 2>/dev/null </dev/null
  done < <(docker ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False </dev/null) | sort -u
}

release_image_of() {
  local line
  while IFS= read -r line; do
    [[ $line == image_id=* ]] && printf '%s' "${line#*=}" && return 0
  done <"$1/release"
  return 0
}

# restore_adopted_names: the reference in a hand-made compose file is a tag that may have moved since.
restore_adopted_names() {
  local line pair
  while IFS= read -r line; do
    [[ $line == adopted=* ]] || continue
    pair=${line#adopted=}
    docker tag "${pair#* }" "${pair%% *}" </dev/null || return 1
  done <"$DIR/releases/$1/release"
}

# rollback_target: the release to go back to from $1: the current one if it was healthy, else the one that was healthy last.
rollback_target() {
  local from=$1 number newest='' newest_time=0 time current
  current=$(current_release)
  if [[ -n $current && $current != "$from" && -f $DIR/releases/$current/healthy ]]; then
    printf '%s' "$current"
    return 0
  fi
  for number in "$DIR"/releases/*/healthy; do
    [[ -f $number ]] || continue
    time=$(stat -c %Y -- "$number")
    number=${number%/healthy}
    number=${number##*/}
    [[ $number =~ ^[0-9]+$ && $number != "$from" ]] || continue
    if ((time >= newest_time)); then newest=$number newest_time=$time; fi
  done
  printf '%s' "$newest"
}

# prune: keeps the current release and the last KEEP_RELEASES that were healthy; of the others it removes the folder and
# their own tag, never anything by age or because it looks unused: that could be a neighbour's way back.
prune() {
  local number current kept=0 tag
  current=$(current_release)
  while IFS= read -r number; do
    [[ $number =~ ^[0-9]+$ ]] || continue
    if [[ $number == "$current" ]]; then kept=$((kept + 1)); continue; fi
    if [[ -f $DIR/releases/$number/healthy ]] && ((kept < KEEP_RELEASES)); then kept=$((kept + 1)); continue; fi
    say "removing release $number"
    while IFS= read -r tag; do
      [[ $tag == *":tenantry-$PROJECT-$number" ]] || continue
      timeout -k 10 60 docker image rm "$tag" </dev/null >/dev/null 2>&1 || say "the tag $tag stays: it is in use"
    done < <(release_tags "$number")
    rm -rf -- "$DIR/releases/$number"
  done < <(releases_by_health)
}

release_tags() {
  local line
  while IFS= read -r line; do
    case $line in tag=*) printf '%s\n' "${line#tag=}" ;; adopted=*) printf '%s\n' "${line##* }" ;; esac
  done <"$DIR/releases/$1/release" | sort -u
}

# releases_by_health: every release's number, those that were healthy last first.
releases_by_health() {
  local folder time
  for folder in "$DIR"/releases/*; do
    [[ -d $folder && $folder != *.partial ]] || continue
    time=0
    [[ ! -f $folder/healthy ]] || time=$(stat -c %Y -- "$folder/healthy")
    printf '%s %s\n' "$time" "${folder##*/}"
  done | sort -k1,1nr -k2,2nr | cut -d ' ' -f 2
}
