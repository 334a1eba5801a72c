#!/usr/bin/env bash
# Stands in for actions/checkout. REHEARSAL_REPOSITORY is the local repository.
set -euo pipefail

main() {
  if [[ "$REPOSITORY" != "$GITHUB_REPOSITORY" ]]; then
    echo "checkout stand-in: only $GITHUB_REPOSITORY is here, not $REPOSITORY" >&2
    return 1
  fi
  local target="$GITHUB_WORKSPACE/$FOLDER" history=()
  [[ "$DEPTH" == 0 ]] || history=(--depth "$DEPTH")
  mkdir -p "$target"
  cd "$target"
  git init --quiet .
  git remote add origin "file://$REHEARSAL_REPOSITORY"
  if [[ -n "$SPARSE" ]]; then
    local mode=--cone
    [[ "$CONE" == true ]] || mode=--no-cone
    git sparse-checkout set "$mode" --stdin <<<"$SPARSE"
  fi
  # A commit that is no branch's last may be asked for, as on GitHub.
  git -c protocol.version=2 fetch --quiet "${history[@]}" origin "$REF"
  git checkout --quiet --detach FETCH_HEAD
  echo "checked out $(git rev-parse HEAD)"
  {
    echo "commit=$(git rev-parse HEAD)"
    echo "ref=$REF"
  } >>"$GITHUB_OUTPUT"
}

main
