#!/bin/sh
# Prints one message per Debian package: to the tally of its maintainer, with its installed size
# (KiB; 0 where the index has none) and, as the idempotency key, its name and version.
#
#   packages.sh            reads `apt-cache dumpavail`
#   packages.sh FILE       reads a file like it
#   packages.sh --totals   prints what the tallies must add up to, found without Loom:
#                          maintainer, tab, packages, tab, sum of sizes
#
# Needs a POSIX shell and awk, and apt-cache unless a FILE is given.
set -eu

# Bytes, not characters: what an old awk and a new one agree on.
LC_ALL=C
export LC_ALL

mode=messages
if [ "${1-}" = --totals ]; then
    mode=totals
    shift
fi

index() {
    if [ "$#" -gt 0 ]; then cat -- "$1"; else apt-cache dumpavail; fi
}

# A key is at most 256 bytes of UTF-8 without control characters. These are cut out (also those
# from U+0080 to U+009F), and what is too long is cut off between two characters.
key='
function key(text) {
    gsub(/[\001-\037\177]/, "", text)
    gsub(/\302[\200-\237]/, "", text)
    if (length(text) > 256) {
        text = substr(text, 1, 256)
        if (text ~ /[\300-\377]$/ || text ~ /[\340-\377][\200-\277]$/ ||
            text ~ /[\360-\377][\200-\277][\200-\277]$/)
            sub(/[\300-\377][\200-\277]*$/, "", text)
    }
    return text == "" ? "unknown" : text
}'

messages='
function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}
/^Package: /        { package = substr($0, 10) }
/^Version: /        { version = substr($0, 10) }
/^Maintainer: /     { maintainer = substr($0, 13) }
/^Installed-Size: / { size = $2 + 0 }
/^$/                { put() }
END                 { put() }
function put() {
    if (package != "")
        printf "{\"to\":%s,\"method\":\"add\",\"args\":%d,\"key\":%s}\n", \
            quoted("tally/" key(maintainer)), size, quoted(key(package "=" version))
    package = version = maintainer = ""
    size = 0
}'

# One record per paragraph; written apart from the above, so that a mistake has to be made twice.
totals='
BEGIN { RS = ""; FS = "\n"; OFS = "\t" }
{
    who = ""; kib = 0; is_package = 0
    for (i = 1; i <= NF; i++) {
        if (index($i, "Package: ") == 1) is_package = 1
        if (index($i, "Maintainer: ") == 1) who = substr($i, 13)
        if (index($i, "Installed-Size: ") == 1) kib = substr($i, 17) + 0
    }
    if (is_package) { who = key(who); count[who]++; sum[who] += kib }
}
END { for (who in count) printf "%s\t%d\t%d\n", who, count[who], sum[who] }'

if [ "$mode" = totals ]; then
    index "$@" | awk "$key$totals" | sort
else
    index "$@" | awk "$key$messages"
fi
