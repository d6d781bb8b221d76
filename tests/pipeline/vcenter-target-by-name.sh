# SPDX-License-Identifier: MIT
# apply takes a vCenter as its target by its name alone, and by - as the one of GOVC_URL.
. "$TOP/tests/pipeline/lib/vcenter_apply.sh"

vcenter_plan
host=$(echo "$url" | cut -d/ -f3)
for target in "$host" "$host/sdk/" "$url/" "$account@$host"; do
    url=$target applies 0 "a target of $target" --dry-run
    tells "a target of $target" '^Apply could begin'
done
GOVC_URL=$host url=- applies 0 'the target of the environment' --dry-run
tells 'the target of the environment' '^Apply could begin'
refuses 'no target in the environment' 'SOURCE: found nothing: expected ' apply plan.csv - --dry-run
finish
