#!/usr/bin/env bash
# Stands in for actions/download-artifact. REHEARSAL_ARTIFACTS is the folder that holds one folder an artifact.
set -euo pipefail
shopt -s nullglob

main() {
  local target="$FOLDER" artifact count=0
  [[ "$target" == /* ]] || target="$GITHUB_WORKSPACE/$target"
  mkdir -p "$target"
  if [[ -n "$NAME" ]]; then
    if [[ ! -d "$REHEARSAL_ARTIFACTS/$NAME" ]]; then
      echo "::error::Unable to download artifact(s): Artifact not found for name: $NAME"
      return 1
    fi
    cp -r "$REHEARSAL_ARTIFACTS/$NAME/." "$target/"
    count=1
  else
    # No artifact at all is no error: that is how the real one is.
    for artifact in "$REHEARSAL_ARTIFACTS"/*/; do
      artifact="$(basename -- "$artifact")"
      # shellcheck disable=SC2053 # it is a pattern
      [[ "$artifact" == $PATTERN ]] || continue
      count=$((count + 1))
      if [[ "$MERGE" == true ]]; then
        cp -r "$REHEARSAL_ARTIFACTS/$artifact/." "$target/"
      else
        cp -r "$REHEARSAL_ARTIFACTS/$artifact" "$target/"
      fi
    done
  fi
  echo "downloaded $count artifact(s)"
  echo "download-path=$target" >>"$GITHUB_OUTPUT"
}

main
