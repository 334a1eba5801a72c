# --- Removing what is old ------------------------------------------------------------------------------------------
# Of this tenant, by name: never anything by age or because it looks unused. That could be a neighbour's way back.

# How many results and logs of past deploys are kept.
readonly KEEP_LOGS=100

# prune: keeps the current release, this request's (a sick one is what somebody looks into next) and the last KEEP_RELEASES that were
# healthy; of the others the folder and their own tags go.
prune() {
  local number current kept=0
  current=$(current_release)
  for number in $(releases_by_health); do
    if [[ $number == "$current" ]]; then
      kept=$((kept + 1))
    elif [[ $number == "$RELEASE" ]]; then
      continue
    elif [[ -f $DIR/releases/$number/healthy ]] && ((kept < KEEP_RELEASES)); then
      kept=$((kept + 1))
    else
      remove_release "$number" || return 1
    fi
  done
  prune_partial
  prune_tags
  prune_logs
}

# prune_partial: releases that a deploy was killed over before they were whole.
prune_partial() {
  local folder number
  for folder in "$DIR"/releases/*.partial; do
    number=${folder##*/}
    number=${number%.partial}
    [[ ! $number =~ ^($NUMBER_FORM)$ ]] || rm -rf -- "$folder"
  done
}

remove_release() {
  local number=$1 tag
  say "removing release $number"
  for tag in $(release_tags "$number"); do
    [[ $tag != *":tenantry-$PROJECT-$number" ]] || remove_tag "$tag"
  done
  rm -rf -- "$DIR/releases/$number"
}

remove_tag() { engine image rm "$1" >/dev/null 2>&1 || say "the tag $1 stays: it is in use"; }

release_tags() {
  local line
  [[ -f $DIR/releases/$1/release ]] || return 0
  while IFS= read -r line; do
    [[ $line != tag=* ]] || printf '%s\n' "${line#tag=}"
  done <"$DIR/releases/$1/release"
}

# prune_tags: tags of releases that are gone, which a deploy that was killed has left. The whole tag must be ours: another tenant's
# project may begin with the same letters.
prune_tags() {
  local tag name=$IMAGE
  # The engine lists images of Docker Hub under their short name only, and finds none by the long one.
  if [[ $name == docker.io/* ]]; then
    name=${name#docker.io/}
    name=${name#library/}
  fi
  for tag in $(engine image ls --format '{{.Tag}}' "$name"); do
    [[ $tag =~ ^"tenantry-$PROJECT-"([0-9]+)$ ]] || continue
    [[ -d $DIR/releases/${BASH_REMATCH[1]} ]] || remove_tag "$IMAGE:$tag"
  done
}

# prune_logs: the last KEEP_LOGS results and logs stay.
prune_logs() {
  local folder file
  for folder in "$STATE/logs" "$STATE/results"; do
    for file in "$folder"/*; do
      [[ ! -f $file ]] || stat -c '%Y %n' -- "$file"
    done | sort -k1,1nr | tail -n +$((KEEP_LOGS + 1)) | while read -r _ file; do rm -f -- "$file"; done
  done
}
