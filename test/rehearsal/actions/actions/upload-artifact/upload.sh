#!/usr/bin/env bash
# Stands in for actions/upload-artifact. REHEARSAL_ARTIFACTS is the folder that holds one folder an artifact.
set -euo pipefail
shopt -s globstar nullglob

# files: the absolute names of the files that the patterns select, one a line.
files() {
  local pattern path dot=()
  [[ "$HIDDEN" == true ]] || dot=(-not -path '*/.*')
  while IFS= read -r pattern; do
    [[ -n "$pattern" && "$pattern" != '!'* ]] || continue
    [[ "$pattern" == /* ]] || pattern="$GITHUB_WORKSPACE/$pattern"
    # A glob is to be expanded here, and a name with a blank is not to be split.
    local IFS=
    # shellcheck disable=SC2206
    local found=($pattern)
    for path in "${found[@]}"; do
      [[ -e "$path" ]] || continue
      # The dots that count are those below the place that was named.
      (cd "$path" 2>/dev/null && find . -type f "${dot[@]}" -printf "$path/%P\n") || printf '%s\n' "$path"
    done
  done <<<"$PATHS" | sort -u | without_excluded
}

without_excluded() {
  local file pattern
  while IFS= read -r file; do
    while IFS= read -r pattern; do
      [[ "$pattern" == '!'* ]] || continue
      pattern="${pattern#!}"
      [[ "$pattern" == /* ]] || pattern="$GITHUB_WORKSPACE/$pattern"
      # shellcheck disable=SC2053 # it is a pattern
      [[ "$file" != $pattern ]] || continue 2
    done <<<"$PATHS"
    printf '%s\n' "$file"
  done
}

# common_folder FILE…: the deepest folder that holds them all. The artifact's names are relative to it.
common_folder() {
  local folder file
  folder="$(dirname -- "$1")"
  for file in "$@"; do
    until [[ "$file" == "$folder"/* ]]; do
      folder="$(dirname -- "$folder")"
    done
  done
  printf '%s\n' "$folder"
}

main() {
  local target="$REHEARSAL_ARTIFACTS/$NAME" list=() file root
  mapfile -t list < <(files)
  if ((${#list[@]} == 0)); then
    case "$IF_NONE" in
      error)
        echo "::error::No files were found with the provided path: $PATHS"
        return 1
        ;;
      ignore) return 0 ;;
      *)
        echo "::warning::No files were found with the provided path: $PATHS"
        return 0
        ;;
    esac
  fi
  if [[ "$NAME" == */* ]]; then
    echo "::error::The artifact name is not valid: $NAME"
    return 1
  fi
  [[ "$OVERWRITE" != true ]] || rm -rf -- "$target"
  if ! mkdir -- "$target"; then
    echo "::error::an artifact with the name $NAME already exists"
    return 1
  fi
  root="$(common_folder "${list[@]}")"
  # One place that was named is the root itself, however deep its files are.
  if [[ "$PATHS" != *$'\n'?* && "$PATHS" != *[*?[]* ]]; then
    file="${PATHS%%[[:space:]]}"
    [[ "$file" == /* ]] || file="$GITHUB_WORKSPACE/$file"
    [[ ! -d "$file" ]] || root="${file%/}"
  fi
  for file in "${list[@]}"; do
    install -D -m 644 -- "$file" "$target/${file#"$root"/}"
  done
  echo "uploaded ${#list[@]} file(s) as $NAME"
  {
    echo "artifact-id=$(stat --format %i "$target")"
    echo "artifact-digest=$(cat "${list[@]}" | sha256sum | cut -d ' ' -f 1)"
  } >>"$GITHUB_OUTPUT"
}

main
