# SPDX-License-Identifier: MIT
#
# A fleet on one machine: make -f fleet.mk -j8 -k; then make -f fleet.mk report
#
# A file a site and stage is its own resume: what is there and newer than what it was made of is not made again, and a
# site that fails keeps back nothing but what would be made of it. fleet.sh run calls this, and reports.
SITES ?= sites.csv
ROUND ?= round
export SITES ROUND
FLEET := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))fleet.sh
SITES_AND_POLICIES := $(shell $(FLEET) policies)
NAMES := $(foreach pair,$(SITES_AND_POLICIES),$(firstword $(subst :, ,$(pair))))

.PHONY: sites
sites: $(NAMES:%=$(ROUND)/%/plan.csv)

.PHONY: report
report:
	@$(FLEET) report

# both are made again under another policy
policy_of = $(word 2,$(subst :, ,$(1)))
$(foreach pair,$(SITES_AND_POLICIES),\
	$(eval $(ROUND)/$(firstword $(subst :, ,$(pair)))/assessment.csv: $(call policy_of,$(pair))))

SNAPSHOTS := $(NAMES:%=$(ROUND)/%/snapshot/SHA256SUMS)
ASSESSMENTS := $(NAMES:%=$(ROUND)/%/assessment.csv)
PLANS := $(NAMES:%=$(ROUND)/%/plan.csv)
$(SNAPSHOTS): $(ROUND)/%/snapshot/SHA256SUMS:
	@$(FLEET) stage collect $*
$(ASSESSMENTS): $(ROUND)/%/assessment.csv: $(ROUND)/%/snapshot/SHA256SUMS
	@$(FLEET) stage analyze $*
$(PLANS): $(ROUND)/%/plan.csv: $(ROUND)/%/assessment.csv
	@$(FLEET) stage plan $*
