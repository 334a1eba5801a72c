# --- An installation made by hand ----------------------------------------------------------------------------------
# The first deploy takes it over as release 0: its files stay as they are, and the image that each container runs is held by a tag of ours.

# adopt: does that where there is something to take over. A hand-made link is one too, unless it is ours already.
adopt() {
  local folder=$DIR/releases/0 file=$DIR/docker-compose.yml
  [[ ! -L $DIR/current && -f $file && $(readlink -- "$file") != current/* ]] || return 0
  say "taking over the installation in $DIR as release 0"
  rm -rf -- "$folder.partial"
  write_adopted "$folder.partial" || return 1
  rm -rf -- "$folder" || return 1
  mv -T -- "$folder.partial" "$folder" || return 1
  # In this order: a link before it would point at nothing. When the deploy dies in between, the next one links what is the same.
  switch_current 0 || return 1
  link_files || return 1
  journal "adopted as release 0"
}

write_adopted() {
  local folder=$1 id states
  mkdir -p -- "$folder" || return 1
  cp -- "$DIR/docker-compose.yml" "$folder/docker-compose.yml" || return 1
  if [[ -f $DIR/docker-compose.override.yml ]]; then
    cp -- "$DIR/docker-compose.override.yml" "$folder/docker-compose.override.yml" || return 1
  else
    printf '# This installation had no override file.\nservices: {}\n' >"$folder/docker-compose.override.yml" || return 1
  fi
  states=$(service_states "${SERVICES[0]}") || return 1
  id=${states%%$'\n'*}
  id=${id#* }
  printf 'number=0\ndigest=adopted\nimage_id=%s\nrevision=adopted\nrequest=%s\n' "$id" "$REQUEST" >"$folder/release" || return 1
  hold_images "$folder" || return 1
  # Only what was seen healthy may be gone back to.
  if runs_image "$id" && probe; then
    ENVIRONMENT=$(environment_hash) || return 1
    printf 'environment=%s\n' "$ENVIRONMENT" >"$folder/healthy" || return 1
  else
    warn "what runs here does not answer healthily (status $LAST_STATUS), so there is nothing to go back to"
  fi
  chmod 0444 -- "$folder"/*
}

# hold_images: a tag of ours for the image of each container, and a note of the name that it had.
hold_images() {
  local folder=$1 references reference id tag
  references=$(project_images) || return 1
  while read -r reference id; do
    # Without a name there is nothing that a tag could be made from; the container itself holds the image.
    [[ -n $reference && $reference != sha256:* ]] || continue
    tag=${reference%@*}
    [[ ${tag##*/} != *:* ]] || tag=${tag%:*}
    tag=$tag:tenantry-$PROJECT-0
    engine tag "$id" "$tag" || return 1
    printf 'tag=%s\n' "$tag" >>"$folder/release" || return 1
    # A digest always names the same image; a tag may have moved when it is gone back to.
    [[ $reference == *@sha256:* ]] || printf 'adopted=%s %s\n' "$reference" "$tag" >>"$folder/release" || return 1
  done <<<"$references"
}

# project_images: `<reference> <image id>` of every service's container of this project, each once.
project_images() {
  local containers container
  containers=$(project_containers) || return 1
  for container in $containers; do
    engine container inspect --format '{{.Config.Image}} {{.Image}}' "$container" 2>/dev/null || true
  done | sort -u
}

# restore_adopted_names: gives the images of release 0 the names that its compose file calls them by.
restore_adopted_names() {
  local line pair
  while IFS= read -r line; do
    [[ $line == adopted=* ]] || continue
    pair=${line#adopted=}
    engine tag "${pair#* }" "${pair%% *}" || return 1
  done <"$DIR/releases/0/release"
}
