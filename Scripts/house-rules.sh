#!/usr/bin/env bash
# House rules that the formatter does not know: arrows between targets point down, no file without a reason over 500 lines,
# no number of the regulation in Swift, no force on outside input.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
complain() { echo "house rule: $*" >&2; failed=1; }

# What each target may import of ours (DESIGN's arrows).
declare -A may=(
    [Documents]="CYAML"
    [HTML]=""
    [Vault]="CHash CTimex CZstd"
    [VaultNetwork]="Vault"
    [Database]="Documents Vault"
    [Probes]=""
    [QR]=""
    [Spreadsheets]="CExpat CMinizip CXLSXWriter"
    [Identity]="CArgon2 CPacks Database Documents Rulebook"
    [Rulebook]="CPacks Documents"
    [Incidents]="CPacks Documents Rulebook"
    [Checks]="CPacks Documents Rulebook"
    [Assessment]="Checks Documents Rulebook"
    [Reports]="Assessment Checks Documents HTML Rulebook"
    [Submissions]="CPacks Documents Rulebook"
    [Workspace]="Assessment Checks Database Documents Incidents Rulebook Submissions"
    [Supervision]="CPacks Database Documents Rulebook Spreadsheets Submissions"
    [SelfCheck]="Checks Database Documents Identity Rulebook Vault"
    [Server]="Incidents Assessment Checks Database Documents HTML Identity Probes QR Reports Rulebook SelfCheck Spreadsheets Submissions Supervision Vault Workspace"
    [HostAgent]="Checks Documents Rulebook Submissions"
    [plumbline]="Assessment Checks Database Documents HostAgent Identity Incidents Reports Rulebook SelfCheck Server Submissions Supervision Vault VaultNetwork Workspace"
)
ours="CYAML CArgon2 CExpat CHash CMinizip CTimex CXLSXWriter CZstd CPacks Documents HTML Probes QR Spreadsheets Vault VaultNetwork Database Rulebook Incidents Checks Assessment Identity Workspace Submissions Supervision Reports SelfCheck Server HostAgent plumbline"
for target in "${!may[@]}"; do
    while IFS=: read -r file module; do
        for name in $ours; do
            [ "$module" = "$name" ] || continue
            [[ " ${may[$target]} " == *" $name "* ]] || complain "$file imports $name: $target may import only: ${may[$target]:-nothing of ours}"
        done
    done < <(grep -rHoP '^(?:@testable )?(?:public |internal |package |private )?import \K\w+' "Sources/$target" --include='*.swift')
done

# Hummingbird is imported by Server only.
while read -r hit; do complain "Hummingbird outside of Server: $hit"; done < <(
    grep -rnE '^(package |internal |public )?import Hummingbird' Sources --include='*.swift' | grep -v '^Sources/Server/' || true)

# GRDB is imported by Database, and elsewhere only where a feature's tables are.
while read -r hit; do complain "GRDB outside of Database and *Store.swift: $hit"; done < <(
    grep -rnE '^(@testable )?(public |package |internal |private )?import GRDB' Sources --include='*.swift' \
        | grep -vE '^Sources/Database/|^[^:]*Store\.swift:' || true)

while read -r lines file; do
    [ "$lines" -le 500 ] || complain "$file has $lines lines (more than 500)"
done < <(git ls-files -- '*.swift' | xargs wc -l | grep -v ' total$')

while read -r hit; do complain "force or trap on outside input: $hit"; done < <(
    grep -rnE '\btry!|\bas!|fatalError\(|@unchecked Sendable' Sources --include='*.swift' || true)

while read -r hit; do complain "Foundation in a core target: $hit"; done < <(
    grep -rnE '^(public |internal )?import Foundation' Sources/Documents Sources/Rulebook Sources/Incidents Sources/Checks Sources/Assessment Sources/HTML Sources/Probes Sources/Vault Sources/VaultNetwork Sources/Server Sources/Workspace Sources/Submissions Sources/Supervision Sources/Database Sources/SelfCheck Sources/Spreadsheets \
        | grep -v '^Sources/Server/Platform/Certificate.swift:' || true)

[ "$failed" = 0 ] && echo "house rules kept"
exit "$failed"
