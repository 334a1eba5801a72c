#!/usr/bin/env bash
# Stands in for docker/build-push-action.
set -euo pipefail
export DOCKER_BUILDKIT=0

# each OPTION TEXT: `OPTION line` for every line of the text, one argument a line.
each() {
  local option="$1" line
  while IFS= read -r line; do
    [[ -z "$line" ]] || printf '%s\n' "$option" "$line"
  done <<<"$2"
}

main() {
  local options=() references=() reference output id digest=
  mapfile -t references < <(tr ',' '\n' <<<"$TAGS" | sed '/^[[:space:]]*$/d; s/^[[:space:]]*//; s/[[:space:]]*$//')
  mapfile -t options < <(
    each --tag "$(printf '%s\n' "${references[@]}")"
    each --label "$LABELS"
    each --build-arg "$BUILD_ARGS"
    each --target "$TARGET"
    each --file "$FILE"
  )
  [[ "$NO_CACHE" != true ]] || options+=(--no-cache)
  [[ -z "$PLATFORMS" ]] || echo "asked for $PLATFORMS, building for this machine's platform"
  cd "$GITHUB_WORKSPACE"
  id="$(docker build --quiet "${options[@]}" "$CONTEXT")"
  if [[ "$PUSH" == true ]]; then
    for reference in "${references[@]}"; do
      output="$(docker push "$reference")"
      digest="$(sed -nE 's/.*digest: (sha256:[0-9a-f]{64}).*/\1/p' <<<"$output")"
      # As after a build on a runner, the servers' engine does not have it.
      docker rmi "$reference" >/dev/null
      echo "pushed $reference as $digest"
    done
  fi
  {
    echo "imageid=$id"
    echo "digest=$digest"
    echo "metadata={\"containerimage.digest\":\"$digest\"}"
  } >>"$GITHUB_OUTPUT"
}

main
